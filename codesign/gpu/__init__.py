"""Networks of irregular data (tracking graphs, sparse point clouds) for GPU farms: exported, checked and served."""
