"""Networks whose last image has no power-of-two area freeze exactly, too."""

from __future__ import annotations

import pytest

from tinyrob.models import recipe_file


@pytest.mark.parametrize("name", ["speech-robust"])  # 13 x 3
def test_a_mean_over_any_area_is_exact(name):
    from tinyrob.freeze import freeze
    from tinyrob.models import topologies

    model = topologies.build(recipe_file.load(name), (49, 10, 1), 8)
    assert freeze(model, name, {}).exact
