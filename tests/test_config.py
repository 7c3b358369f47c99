"""The configuration: what it takes, what holds for a layer, and what it says of mistakes."""

from pathlib import Path

import pytest

from codesign import config as module
from codesign.config import KEYS, LAYER_TYPES, MAX_BYTES, Config, LayerConfig, Multipliers, Strategy
from codesign.errors import ConfigError
from codesign.ir import layers
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Multiplier

FULL = """
Target: u50
ClockMHz: 200
Model:
  Precision: fixed<16,6>
  InputPrecision: fixed<12,4>
  ReuseFactor: 4
  Strategy: Latency
LayerType:
  Dense: {ReuseFactor: 8, Precision: {weight: 'fixed<8,1>'}}
  Softmax: {Precision: {table: 'ufixed<18,1>'}}
LayerName:
  dense_1:
    Strategy: resource
    Precision: {default: 'ap_fixed<10,5>', bias: 'int<4>'}
  /act/Relu:
    Precision: auto
  x: {Precision: uint<8>}
"""


def test_the_most_specific_of_name_type_and_model_wins() -> None:
    config = Config.parse(FULL)

    assert config.for_layer("other", "Add") == LayerConfig(
        *[Fixed(16, 10)] * 3, reuse_factor=4, strategy=Strategy.LATENCY
    )
    assert config.for_layer("dense_2", "Dense") == LayerConfig(
        Fixed(8, 7), Fixed(16, 10), Fixed(16, 10), reuse_factor=8, strategy=Strategy.LATENCY
    )
    assert config.for_layer("dense_1", "Dense") == LayerConfig(
        Fixed(10, 5), Fixed(4, 0), Fixed(10, 5), reuse_factor=8, strategy=Strategy.RESOURCE
    )
    assert config.for_layer("softmax", "Softmax").table == Fixed(18, 17, False)
    assert (config.target, config.clock_mhz) == ("u50", 200.0)


def test_a_layer_may_leave_open_what_the_model_decides() -> None:
    config = Config.parse("Model: {Multiplier: DSP}\nLayerName: {a: {Multiplier: auto}, b: {Multiplier: adders}}")
    found = {name: config.for_layer(name, "Dense").multiplier for name in "abc"}
    assert found == {"a": Multipliers.AUTO, "b": Multipliers.ADDERS, "c": Multipliers.DSP}
    assert {choice.kind for choice in Multipliers} == {None, *Multiplier}


@pytest.mark.parametrize("synonym", ["Dense", "MatMul", "Gemm"])
def test_a_type_of_layers_goes_by_all_its_names(synonym: str) -> None:
    config = Config.parse(f"LayerType: {{{synonym}: {{ReuseFactor: 8}}}}")
    assert [config.for_layer("a", other).reuse_factor for other in ("Dense", "MatMul", "Gemm")] == [8, 8, 8]


def test_a_layer_goes_by_the_name_in_the_users_file_too() -> None:
    config = Config.parse("LayerName: {/act/Relu: {ReuseFactor: 3}}")
    assert config.for_layer("act_Relu", "Relu", "/act/Relu").reuse_factor == 3
    assert config.for_layer("act_Relu", "Relu").reuse_factor is None


def test_the_type_of_an_input_comes_from_its_name_then_from_the_model() -> None:
    config = Config.parse(FULL)
    assert config.input_type("x") == Fixed(8, 0, False)
    assert config.input_type("y") == Fixed(12, 8)
    assert Config.parse("Model: {Precision: int<5>}").input_type("y") == Fixed(5)
    assert Config.parse("Model: {ReuseFactor: 5}").input_type("y") is None


def test_hls4mls_wrapper_and_clock_period_are_taken() -> None:
    config = Config.parse("HLSConfig:\n  Model: {ReuseFactor: 2, Strategy: LATENCY}\nClockPeriod: 5\n")
    assert config.model == LayerConfig(reuse_factor=2, strategy=Strategy.LATENCY)
    assert config.clock_mhz == 200.0


@pytest.mark.parametrize("text", ["", "Model:\n", "Model: {}", "# nothing\n", "LayerName:\n  a:\n"])
def test_an_empty_configuration_asks_for_nothing(text: str) -> None:
    assert Config.parse(text).for_layer("a", "Dense") == LayerConfig()


EVERYTHING = """
Target: u50
ClockMHz: 250.0
Streams: array
Interval: 12
LatencyUs: 3.5
Budget: {dsp: 100}
ComputeUnits: 2
Banks: "HBM[0], HBM[1]"
MaxBatch: 100
Model:
  InputPrecision: fixed<8,3>
  Precision: {weight: "fixed<6,1>", bias: "fixed<7,2>", result: "ufixed<5,5>", table: "ufixed<18,0>"}
  ReuseFactor: 4
  Strategy: resource
  Multiplier: dsp
  Rounding: FLOOR
  AccumulatorWidth: 14
LayerType: {Dense: {ReuseFactor: 2}}
LayerName: {first: {ReuseFactor: 1}}
"""


def test_what_a_configuration_gives_reads_as_the_same() -> None:
    found = Config.parse(EVERYTHING)
    keys = {key.name for key in KEYS if key.section in ("top", "Model", "layer")} - {"HLSConfig", "ClockPeriod"}
    assert all(f"{key}:" in EVERYTHING for key in keys)
    assert Config.of(found.data()) == found
    assert Config.of(Config().data()) == Config()


def test_the_command_line_speaks_for_the_model_and_layers_still_win() -> None:
    config = Config.parse(FULL).with_model(precision="int<9>", reuse=2)
    assert config.for_layer("other", "Add") == LayerConfig(*[Fixed(9)] * 3, reuse_factor=2, strategy=Strategy.LATENCY)
    assert config.for_layer("dense_2", "Dense").reuse_factor == 8
    with pytest.raises(ConfigError, match=r"^command line: Model.ReuseFactor: 0 is not an integer >= 1$"):
        Config().with_model(reuse=0)


def test_every_layer_of_the_compiler_has_a_name_for_users() -> None:
    known = {name for main, others in LAYER_TYPES.items() for name in (main, *others)}
    assert {layer.__name__ for layer in layers.ALL} <= known


def test_the_table_of_keys_names_each_key_once_per_section() -> None:
    table = module.markdown()
    assert [line.count("|") for line in table.splitlines()] == [5] * (len(KEYS) + 2)
    assert len({(key.section, key.name) for key in KEYS}) == len(KEYS)


MISTAKES = {
    "a key with a typo": (
        "LayerName: {dense_1: {ReuseFacto: 2}}",
        "LayerName.dense_1.ReuseFacto: unknown key; did you mean ReuseFactor?",
    ),
    "a key in another case": ("model: {}", "model: unknown key; did you mean Model?"),
    "a key like no other": ("Model: {zzz: 1}", "Model.zzz: unknown key; there are InputPrecision, Precision, ReuseFac"),
    "a key that only Model has": ("LayerType: {Dense: {InputPrecision: int<3>}}", "LayerType.Dense.InputPrecision: "),
    "a type of layers with a typo": ("LayerType: {Denze: {}}", "LayerType.Denze: unknown key; did you mean Dense?"),
    "hls4ml's type Activation": ("LayerType: {Activation: {}}", "LayerType.Activation: name the function itself: Relu"),
    "two words for one type": ("LayerType: {Dense: {}, Gemm: {}}", "Gemm is another word for Dense, which has"),
    "an accumulator": ("Model: {Precision: {accum: int<9>}}", "Model.Precision.accum: accumulators are proved wide"),
    "its cure": ("Model: {Precision: {accum: int<9>}}", "in which sums wrap, as `AccumulatorWidth: 14` of the layer"),
    "an accumulator of a bit": (
        "Model: {AccumulatorWidth: 1}",
        "Model.AccumulatorWidth: 1 is not an integer from 2 to 63, the bits of the sums of products",
    ),
    "an accumulator that is a type": ("Model: {AccumulatorWidth: int<9>}", "'int<9>' is not an integer from 2 to 63"),
    "an accumulator of yes": ("LayerName: {a: {AccumulatorWidth: yes}}", "LayerName.a.AccumulatorWidth: True is not"),
    "an accumulator of 64 bits": ("Model: {AccumulatorWidth: 64}", "64 is not an integer from 2 to 63"),
    "hls4ml's output folder": ("OutputDir: here", "OutputDir: give the folder on the command line: -o"),
    "a foreign key in HLSConfig": ("HLSConfig: {Target: u50}", "HLSConfig.Target: unknown key; there are Model, Layer"),
    "Model in both places": ("HLSConfig: {Model: {}}\nModel: {}", "Model: stands both in HLSConfig and beside it"),
    "a reuse of zero": ("Model: {ReuseFactor: 0}", "Model.ReuseFactor: 0 is not an integer >= 1"),
    "a reuse of a half": ("Model: {ReuseFactor: 0.5}", "Model.ReuseFactor: 0.5 is not an integer >= 1"),
    "a reuse of yes": ("Model: {ReuseFactor: yes}", "Model.ReuseFactor: True is not an integer >= 1"),
    "a reuse in words": ("Model: {ReuseFactor: two}", "Model.ReuseFactor: 'two' is not an integer >= 1"),
    "a rounding with a typo": ("Model: {Rounding: FLOR}", "'FLOR' is not one of ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP"),
    "a strategy with a typo": ("Model: {Strategy: Latenci}", "'Latenci' is not one of Latency, Resource, auto; did"),
    "a multiplier with a typo": ("Model: {Multiplier: pack}", "'pack' is not one of lut, dsp, packed, adders, auto"),
    "a multiplier that is a number": ("Model: {Multiplier: 18}", "Model.Multiplier: 18 is not a text; write it in quo"),
    "a strategy that is a list": ("Model: {Strategy: [Latency]}", "['Latency'] is not one of Latency, Resource, auto"),
    "a type that is none": ("Model: {Precision: float32}", "Model.Precision: 'float32' is not a type; write e.g."),
    "a type of 64 bits": ("Model: {Precision: int<64>}", "Model.Precision: 'int<64>': the width must be 1..63 bits"),
    "a type that is a number": ("Model: {Precision: 16}", "Model.Precision: 16 is not a text; write it in quotes"),
    "a type with a rounding mode": ("Model: {Precision: 'fixed<8,3,AP_RND>'}", "a type has no rounding or over"),
    "a type without quotes in { }": ("Model: {Precision: fixed<8,3>}", "Model.3>: this is half a type; inside { }"),
    "a precision with a typo": ("Model: {Precision: {wieght: int<3>}}", "Model.Precision.wieght: unknown key; did"),
    "a clock that stands": ("ClockMHz: 0", "ClockMHz: 0 is not a number above 0"),
    "a clock without end": ("ClockMHz: .inf", "ClockMHz: inf is not a number above 0"),
    "a clock that is none": ("ClockPeriod: .nan", "ClockPeriod: nan is not a number above 0"),
    "streams that are none": ("Streams: structs", "Streams: 'structs' is not one of mixed, single, array, struct"),
    "streams that are a number": ("Streams: 1", "Streams: 1 is not a text; write it in quotes"),
    "two clocks": ("ClockMHz: 200\nClockPeriod: 5", "ClockPeriod: ClockMHz says the same; keep one of the two"),
    "a list": ("- Model", "my.yaml: ['Model'] is not a mapping; write `key: value` lines"),
    "a layer that is a number": ("LayerName: {a: 3}", "LayerName.a: 3 is not a mapping"),
    "a name that is a number": ("LayerName: {12: {}}", "LayerName: the key 12 is not a text; write it in quotes"),
    "a name that is a list": ("? [a]\n: b", "my.yaml: line 1: found unhashable key"),
    "broken syntax": ("Model:\n  ReuseFactor: 2\n Strategy: auto\n", "my.yaml: line 3: expected <block end>"),
    "a key twice": ("Model: {}\nLayerType: {}\nModel: {}", "my.yaml: line 3: Model stands twice"),
    "a key twice far below": ("Model:\n  ReuseFactor: 1\n  ReuseFactor: 2\n", "my.yaml: line 3: ReuseFactor stands"),
    "an alias": ("Model: &m {ReuseFactor: 1}\nLayerName: {a: *m}", "my.yaml: line 2: aliases (*name) are not taken"),
    "a Python object": ("Model: !!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
    "two documents": ("Model: {}\n---\nModel: {}", "my.yaml: line 2: but found another document"),
    "a date that is none": ("Model: 2020-13-45", "my.yaml: not YAML: month must be in 1..12"),
    "an endless integer": ("Model: {ReuseFactor: " + "9" * 5000 + "}", "my.yaml: not YAML: Exceeds the limit"),
    "a control character": ("Model: \x00", "my.yaml: not YAML: unacceptable character #x0000"),
    "deep nesting": ("[" * 5000, "my.yaml: line 1: nested deeper than 16"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str) -> None:
    text, message = MISTAKES[mistake]
    with pytest.raises(ConfigError) as found:
        Config.parse(text, "my.yaml")
    assert str(found.value).startswith("my.yaml: ")
    assert message in str(found.value)


def test_the_doubling_of_aliases_is_refused_before_it_doubles() -> None:
    lines = ["a0: &a0 {x: 1}"] + [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 30)]
    with pytest.raises(ConfigError, match="line 2: aliases"):
        Config.parse("\n".join(lines))


def test_a_file_is_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("Model: {ReuseFactor: 2}")
    assert Config.read(path).model.reuse_factor == 2
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match=r"my.yaml: not YAML: "):
        Config.read(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match=r"my.yaml: a configuration of more than 1048576 bytes is not one"):
        Config.read(path)
    with pytest.raises(ConfigError, match=r"none.yaml: the configuration cannot be read: No such file or directory"):
        Config.read(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"the configuration cannot be read: Is a directory"):
        Config.read(tmp_path)


def test_a_layer_that_does_not_exist_is_an_error_with_the_nearest() -> None:
    config = Config.parse("LayerName: {dens_1: {}}", "my.yaml")
    with pytest.raises(ConfigError, match=r"^my.yaml: LayerName.dens_1: no such layer .*; did you mean dense_1\?$"):
        config.check_names(["dense_1", "relu_1", "/relu_1/Relu"], ["Dense", "Relu"])


def test_a_type_that_the_network_does_not_have_is_an_error() -> None:
    config = Config.parse("LayerType: {Softmax: {}}", "my.yaml")
    with pytest.raises(ConfigError, match=r"^my.yaml: LayerType.Softmax: the network has no such .*only Dense, Relu$"):
        config.check_names(["dense_1"], ["MatMul", "Relu"])
    config.check_names(["dense_1"], ["SoftmaxTable"])


def test_names_that_exist_pass() -> None:
    Config.parse(FULL).check_names(["dense_1", "/act/Relu", "x"], ["Dense", "Softmax"])
