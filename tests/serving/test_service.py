import numpy as np

from s3f_pipeline.serving import service as module


def test_an_image_gets_the_answer_of_the_example(service, bundle, sent):
    (answer,) = service.answer([{"image": sent}])
    expected = bundle.example.probabilities
    assert answer["predicted"] == max(expected, key=expected.get)
    assert list(answer["probabilities"]) == list(expected)
    assert np.allclose(list(answer["probabilities"].values()), list(expected.values()), atol=1e-5)


def test_images_and_arrays_are_answered_in_order_whatever_the_batch(service, bundle, sent, monkeypatch):
    array = (bundle.example.image / 255).astype(np.float32)
    items = [{"image": sent}, {"array": array}, {"array": np.zeros_like(array).tolist()}]
    answers = service.answer(items)
    assert answers[0]["predicted"] == answers[1]["predicted"]
    monkeypatch.setattr(module, "BATCH", 2)
    for one, other in zip(answers, service.answer(items), strict=True):
        assert np.allclose(
            list(one["probabilities"].values()), list(other["probabilities"].values()), atol=1e-5
        )
    assert answers[2]["probabilities"] != answers[1]["probabilities"]
