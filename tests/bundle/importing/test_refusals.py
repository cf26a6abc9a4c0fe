"""Files that are damaged, foreign or malicious: each is refused, with a message that says why."""

import io
import json
import os
import struct
import zipfile

import h5py
import numpy as np
import published_files
import pytest

from s3f_pipeline.bundle.importing import read_keras_file, recognise
from s3f_pipeline.bundle.importing.network import import_network
from s3f_pipeline.errors import WeightsError

CONV = "layers/conv2d/vars/0"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A file that no test changes."""
    folder = tmp_path_factory.mktemp("published")
    return published_files.write(folder / "a.keras", published_files.network("bilinear_sn1"))


@pytest.fixture
def path(original, tmp_path):
    copy = tmp_path / "a.keras"
    copy.write_bytes(original.read_bytes())
    return copy


def refused(path, told):
    with pytest.raises(WeightsError, match=told) as raised:
        import_network(read_keras_file(path))
    message = raised.value.format_message()
    assert str(path) in message
    assert len(message) < 1500


def layer_of(config, kind):
    return next(layer for layer in config["config"]["layers"] if layer["class_name"] == kind)


def test_no_file(tmp_path):
    refused(tmp_path / "nowhere.keras", "there is no such file")


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n" + bytes(500), b"PK\5\6", b"text"])
def test_no_zip_file(tmp_path, content):
    path = tmp_path / "a.keras"
    path.write_bytes(content)
    refused(path, r"is damaged, or no \.keras file")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_truncated_file(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, r"is damaged, or no \.keras file")


def test_a_flipped_bit_in_the_weights(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(path, r"is damaged, or no \.keras file \(Bad CRC-32")


@pytest.mark.parametrize("name", ["metadata.json", "config.json", "model.weights.h5"])
def test_a_missing_part(path, name):
    content = published_files.members(path)
    del content[name]
    published_files.pack(path, content)
    refused(path, f"it holds 0 {name}")


@pytest.mark.parametrize("name", ["../../evil.py", "/etc/passwd", "evil.py", "assets/a.txt"])
def test_a_path_that_leads_elsewhere(path, name):
    published_files.replace(path, name, b"import os")
    refused(path, "which the file of a network does not")


def test_a_part_that_is_there_twice(path):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    refused(path, r"it holds 2 config\.json")


@pytest.mark.parametrize("text", [b"no", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe", b""])
def test_a_configuration_that_is_no_json(path, text):
    published_files.replace(path, "config.json", text)
    refused(path, r"config\.json is no JSON|NaN is no number")


@pytest.mark.parametrize("name", ["metadata.json", "config.json"])
def test_a_configuration_that_is_a_list(path, name):
    published_files.replace(path, name, b"[]")
    refused(path, f"{name} holds no names and values")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_zip_bomb(path, name):
    content = {**published_files.members(path), name: bytes(3 * 2**20)}
    published_files.pack(path, content, zipfile.ZIP_DEFLATED)
    refused(path, f"{name} would take 3,145,728 bytes unpacked")


def test_a_zip_bomb_that_lies_about_its_size(path):
    """The directory says 2 bytes, and the packed bytes hold three million: no more than 2 are unpacked."""
    content = {**published_files.members(path), "config.json": b"{}" + bytes(3 * 2**20)}
    published_files.pack(path, content, zipfile.ZIP_DEFLATED)
    size = struct.pack("<L", len(content["config.json"]))
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 2)))
    refused(path, r"is damaged, or no \.keras file")


def test_a_configuration_that_is_too_large(path):
    published_files.replace(path, "config.json", b" " * (4 * 2**20 + 1))
    refused(path, r"config\.json would take 4,194,305 bytes")


def test_more_weights_than_the_network_can_have(path):
    published_files.replace(path, "model.weights.h5", os.urandom(40 * 2**20))
    refused(path, r"model\.weights\.h5 has 41,943,040 bytes, and the weights of this network")


def test_a_directory_of_many_entries(path):
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(20):
            archive.writestr(str(number), "")
    refused(path, r"holds more than a \.keras file does")


def test_a_directory_that_would_fill_the_memory(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo("config.json").comment = bytes(65535)
        archive._didModify = True
    refused(path, "has a directory of 65,")


def test_other_compression_and_encryption(path):
    content = published_files.members(path)
    published_files.pack(path, content, zipfile.ZIP_LZMA)
    refused(path, "is packed as Keras never does")
    published_files.pack(path, content)
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    refused(path, r"model\.weights\.h5 is encrypted")


@pytest.mark.parametrize(
    "kind", ["Lambda", "TFSMLayer", "Sequential", "Functional", "os.system", ["a"], None, 7]
)
def test_a_class_that_no_published_network_has(path, kind):
    def edit(config):
        code = {"class_name": "__lambda__", "config": {"value": "YQ=="}}
        layer_of(config, "ReLU").update(class_name=kind, config={"function": code})

    published_files.edit_config(path, edit)
    refused(
        path, "holds no network of the S³F-Net release: its layer .* is a .*, which no published network has"
    )


def test_another_kind_of_network(path):
    published_files.edit_config(path, lambda config: config.update(class_name="Sequential"))
    refused(path, "the network is a 'Sequential', and not Functional")


@pytest.mark.parametrize(
    ("kind", "module", "told"),
    [
        ("Conv2D", "os", "is Conv2D of the module 'os', and not Keras' own"),
        ("Conv2D", None, "is Conv2D of the module None, and not Keras' own"),
        ("SpectralFilterLayer", "evil", "is SpectralFilterLayer of the module 'evil', and not the release's"),
    ],
)
def test_a_class_of_a_foreign_module(path, kind, module, told):
    published_files.edit_config(path, lambda config: layer_of(config, kind).update(module=module))
    refused(path, told)


def test_an_initialiser_of_a_foreign_module(path):
    evil = {"module": "subprocess", "class_name": "Popen", "config": {"args": ["touch", "evil"]}}
    published_files.edit_config(
        path, lambda config: layer_of(config, "Conv2D")["config"].update(kernel_initializer=evil)
    )
    refused(path, "its layer 'conv2d' names something of the module 'subprocess'")


def test_a_foreign_loss_is_never_looked_at(path):
    """How the network was compiled, with functions of a notebook perhaps, counts for nothing."""
    evil = {"loss": {"module": "os", "class_name": "function", "config": "system"}}
    published_files.edit_config(path, lambda config: config.update(compile_config=evil))
    import_network(read_keras_file(path))


@pytest.mark.parametrize(
    "shape",
    [[None, 10**9, 10**9, 1], [None, None, None, 1], [None, 16, 16, 4], [None, -1, 16, 1], [1], "a", None],
)
def test_images_of_absurd_shapes(path, shape):
    published_files.edit_config(
        path, lambda config: layer_of(config, "InputLayer")["config"].update(batch_shape=shape)
    )
    refused(path, "it takes images of the shape")


@pytest.mark.parametrize("units", [10**9, 0, -3, "many", None])
def test_absurd_outputs(path, units):
    def edit(config):
        config["config"]["layers"][-1]["config"]["units"] = units

    published_files.edit_config(path, edit)
    refused(path, "its last layer is Dense with .* outputs")


def test_layers_in_a_circle(path):
    def edit(config):
        first = next(each for each in config["config"]["layers"] if each["class_name"] == "Conv2D")
        last = config["config"]["output_layers"]
        first["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = (
            last[0] if isinstance(last[0], list) else last
        )

    published_files.edit_config(path, edit)
    refused(path, "goes on from itself")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda layers: layers.clear(), "not one input and one output"),
        (lambda layers: layers.pop(5), "it has no layer .*, which another one goes on from"),
        (lambda layers: layers.extend(layers * 9), "it has .* layers"),
        (lambda layers: layers.append(dict(layers[1])), "a layer without a name or settings of its own"),
        (lambda layers: layers[1].update(inbound_nodes=layers[1]["inbound_nodes"] * 2), "is not used once"),
        (
            lambda layers: layers[1]["inbound_nodes"][0].update(kwargs={"training": True}),
            "called with options",
        ),
        (lambda layers: layers.append(7), "its configuration lists no layers"),
    ],
)
def test_graphs_that_are_none_of_the_release(path, edit, told):
    published_files.edit_config(path, lambda config: edit(config["config"]["layers"]))
    refused(path, told)


def test_a_configuration_that_is_nested_too_deeply(path):
    """JSON itself allows for a little more depth than who looks at it afterwards."""
    file = read_keras_file(path)
    for _ in range(2000):
        layer = layer_of(file.config, "Conv2D")
        layer["config"] = {"deeper": layer["config"]}
    with pytest.raises(WeightsError, match="its configuration is nested too deeply"):
        recognise(file)


def set_values(values):
    def edit(store):
        del store[CONV]
        store[CONV] = values

    return edit


def external(store):
    del store[CONV]
    store.create_dataset(CONV, (3, 3, 1, 32), "f4", external=[("/etc/passwd", 0, 1152)])


def virtual(store):
    del store[CONV]
    layout = h5py.VirtualLayout((3, 3, 1, 32), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "a", (3, 3, 1, 32))
    store.create_virtual_dataset(CONV, layout)


def link(to):
    def edit(store):
        del store[CONV]
        store[CONV] = to

    return edit


def packed(store):
    del store[CONV]
    store.create_dataset(CONV, (3, 3, 1, 32), "f4", compression="gzip")


def absurd(store):
    """A shape of a petabyte of which nothing is stored."""
    del store[CONV]
    store.create_dataset(CONV, (2**24, 2**24), "f4", chunks=(2**10, 2**10))


def unstored(store):
    """The right shape, of which nothing is stored either."""
    del store[CONV]
    store.create_dataset(CONV, (3, 3, 1, 32), "f4")


def named_twice(store):
    """A folder that is inside itself, many times over."""
    for number in range(50):
        store[f"layers/loop{number}"] = store["layers"]


def moved(store):
    store["elsewhere"] = store["layers"]
    del store["layers"]
    store["layers"] = h5py.SoftLink("/elsewhere")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda store: store.pop(CONV), r"layers/conv2d/vars/0 \(kernel of 'conv2d'\) is missing"),
        (set_values(np.zeros((5, 5, 1, 32), "f4")), r"has the shape \(5, 5, 1, 32\), and \(3, 3, 1, 32\) is"),
        (set_values(np.zeros((3, 3, 1, 32), "f8")), "holds float64, and float32 is expected"),
        (set_values(np.full((3, 3, 1, 32), np.nan, "f4")), "holds values that are no finite numbers"),
        (lambda store: store.update({"layers/evil/vars/0": np.zeros(3)}), "layers/evil/vars/0 is foreign"),
        (lambda store: store.update({"layers/conv2d/vars/2": np.zeros(3)}), "vars/2 is foreign"),
        (external, "lies in another file"),
        (virtual, "lies in another file"),
        (link(h5py.ExternalLink("/etc/passwd", "a")), "is a link to elsewhere"),
        (link(h5py.SoftLink("/layers/conv2d_1/vars/0")), "is a link to elsewhere"),
        (moved, "layers is a link to elsewhere"),
        (packed, "is not stored as plain numbers"),
        (absurd, r"has the shape \(16777216, 16777216\)"),
        (unstored, "is not stored as plain numbers"),
        (link(np.dtype("f4")), "is no data set"),
        (named_twice, "has thousands of entries"),
        (lambda store: store.pop("layers"), "layers is missing; .*and 75 more"),
    ],
)  # fmt: skip
def test_weights_that_are_not_those_of_the_network(path, edit, told):
    published_files.edit_weights(path, edit)
    refused(path, told)


def test_no_hdf5(path):
    published_files.replace(path, "model.weights.h5", b"PK" * 1000)
    refused(path, r"model\.weights\.h5 is damaged, or no HDF5 file")


def test_a_name_cannot_forge_a_line(path):
    evil = "a\nERROR: all is well\x1b[2J" + "x" * 5000

    def edit(config):
        layer_of(config, "ReLU").update(class_name=evil, name=evil)

    published_files.edit_config(path, edit)
    with pytest.raises(WeightsError) as raised:
        recognise(read_keras_file(path))
    message = raised.value.format_message()
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < 500


def test_an_unreadable_version_is_unknown(path):
    published_files.replace(path, "metadata.json", json.dumps({"keras_version": ["3"]}).encode())
    assert read_keras_file(path).keras_version == "unknown"


def test_the_memory_of_a_file_is_closed(path):
    with read_keras_file(path).weights(2**30) as weights:
        assert isinstance(weights.read(4), bytes)
    assert weights.closed
    assert not isinstance(weights, io.BytesIO)
