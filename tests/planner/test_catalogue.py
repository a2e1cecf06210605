from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

from storyboard.planner.catalogue import catalogue
from storyboard.planner.options import describe
from storyboard.spec import schema

MODELS = catalogue().models
IDS = {
    "klingai/kling-v3.0-i2v", "klingai/kling-v3.0-t2v", "klingai/kling-v3.0-motion-control", "klingai/kling-v2.6-i2v",
    "klingai/kling-v2.6-t2v", "klingai/kling-v2.6-motion-control", "klingai/kling-v2.5-turbo-i2v",
    "klingai/kling-v2.5-turbo-t2v", "google/veo-3.1-generate-001", "google/veo-3.1-fast-generate-001",
    "google/veo-3.1-lite-generate-001", "google/veo-3.0-generate-001", "google/veo-3.0-fast-generate-001",
    "alibaba/wan-v2.6-i2v", "alibaba/wan-v2.6-i2v-flash", "alibaba/wan-v2.5-t2v-preview", "alibaba/wan-v2.6-t2v",
    "alibaba/wan-v2.7-t2v", "alibaba/wan-v2.6-r2v", "alibaba/wan-v2.6-r2v-flash", "alibaba/wan-v2.7-r2v",
    "bytedance/seedance-v1.0-pro", "bytedance/seedance-v1.0-pro-fast", "bytedance/seedance-v1.5-pro",
    "bytedance/seedance-2.0", "bytedance/seedance-2.0-fast", "bytedance/seedance-2.5", "spacexai/grok-imagine-video",
    "spacexai/grok-imagine-video-1.5", "spacexai/grok-imagine-video-1.5-preview", "bfl/flux-3-video",
    "minimax/minimax-h3",
}  # fmt: skip
"""The gateway's video models, as its SDK names them."""

LENGTHS = {
    "klingai/kling-v3.0-i2v": (3, 15, 13), "klingai/kling-v3.0-motion-control": (3, 30, 28),
    "klingai/kling-v2.6-t2v": (5, 10, 2), "google/veo-3.0-generate-001": (4, 8, 3), "alibaba/wan-v2.6-i2v": (2, 15, 14),
    "alibaba/wan-v2.5-t2v-preview": (5, 10, 2), "alibaba/wan-v2.6-r2v": (2, 10, 9), "alibaba/wan-v2.7-r2v": (2, 15, 14),
    "bytedance/seedance-v1.0-pro": (2, 12, 11), "bytedance/seedance-v1.5-pro": (4, 12, 9),
    "bytedance/seedance-2.0": (4, 15, 12), "bytedance/seedance-2.5": (4, 30, 27),
    "spacexai/grok-imagine-video": (1, 15, 15), "bfl/flux-3-video": (5, 20, 16), "minimax/minimax-h3": (5, 15, 11),
}  # fmt: skip


def test_every_model_has_its_row() -> None:
    assert set(MODELS) == IDS
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", catalogue().dated)


def test_lengths_as_the_providers_have_them() -> None:
    for name, (least, most, count) in LENGTHS.items():
        seconds = MODELS[name].seconds
        assert (seconds[0], seconds[-1], len(seconds)) == (least, most, count), name


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_row_contradicts_itself_nowhere(name: str) -> None:
    model = MODELS[name]
    assert model.id == name == f"{model.provider}/{model.name}"
    assert list(model.seconds) == sorted(set(model.seconds))
    assert model.seconds[0] > 0
    assert model.best_for
    assert model.instead
    assert max(len(model.best_for), len(model.instead)) <= 110
    heights = [model.height(mode) for mode in model.modes]
    assert all(height in (480, 720, 768, 1080, 1440, 2160) for height in heights)
    assert model.height(model.default_mode) == (720 if 720 in heights else max(heights))
    for modes in (model.last_modes, model.audio_modes, model.reference_modes):
        assert set(modes) < set(model.modes)
    assert set(model.reference_seconds) <= set(model.seconds)
    assert model.last or not (model.last_modes or model.needs_first)
    assert model.first or not model.last
    assert (model.kind in ("i2v", "motion")) is model.first
    assert (model.kind == "motion") is bool(model.motion)
    assert set(model.motion) <= {"image", "video"}
    assert max(model.motion.values(), default=0) <= model.seconds[-1]
    assert model.kind != "r2v" or model.references
    assert model.audio == "option" or not (model.voices or model.audio_modes)
    assert model.negative or model.negative_limit is None
    assert model.resolution is (model.provider != "klingai")
    assert ("seed" in model.ignored) is not model.seed or model.provider == "bytedance"
    assert all(Fraction(one.replace(":", "/")) > 0 for one in model.aspects)
    assert bool(model.aspects) or model.kind in ("i2v", "motion")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_prices_are_told_apart(name: str) -> None:
    prices = MODELS[name].prices
    assert all((price.per_second is None) is not (price.per_million is None) for price in prices)
    assert all(price.mode in (None, *MODELS[name].modes) for price in prices)
    assert len({(price.mode, price.audio, price.voices) for price in prices}) == len(prices)


def test_options_of_a_model_are_options_of_its_provider() -> None:
    options = catalogue().options
    assert set(options) == {model.namespace for model in MODELS.values()}
    for model in MODELS.values():
        for name in model.options:
            option = options[model.namespace][name]
            assert not option.refused
            assert option.about
            assert describe(option)
    for provider, block in options.items():
        honoured = {name for model in MODELS.values() if model.namespace == provider for name in model.options}
        assert {name for name, option in block.items() if not option.refused} == honoured


def test_namespaces_are_not_always_the_creators() -> None:
    names = {model.provider: model.namespace for model in MODELS.values()}
    assert names == {
        "klingai": "klingai", "google": "vertex", "alibaba": "alibaba", "bytedance": "bytedance", "spacexai": "xai",
        "bfl": "blackForestLabs", "minimax": "minimax",
    }  # fmt: skip


def test_a_shape_in_the_models_own_spelling() -> None:
    seedance, kling = MODELS["bytedance/seedance-2.0"], MODELS["klingai/kling-v3.0-t2v"]
    assert [seedance.shape(Fraction(one)) for one in ("7/3", "16/9", "5/3")] == ["21:9", "16:9", ""]
    assert kling.shape(Fraction(1)) == "1:1"


def test_the_schema_knows_every_mode_and_offers_every_model() -> None:
    fields = json.loads(schema.schema_text())["$defs"]["shotFields"]["properties"]
    modes = {mode for model in MODELS.values() for mode in model.modes}
    assert set(fields["mode"]["enum"]) == modes
    assert {one.get("const") for one in fields["model"]["anyOf"]} == {None, *IDS}
