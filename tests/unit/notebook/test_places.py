"""Where twins stand that nobody placed."""

from itertools import combinations

from plantverse.twins.sync.messages import GeometryInfo, TwinInfo
from plantverse.viewer.places import Place, places


def twin(twin_id, area="", size=(1.0, 1.0, 1.0), **more):
    return TwinInfo(id=twin_id, type="T", area=area, geometry=GeometryInfo(size=size), **more)


def test_a_placed_twin_stands_where_it_is_placed():
    assert places([twin("a", position=(1, 2, 3), yaw_deg=30)])["a"] == Place(x=1, y=2, z=3, yaw_deg=30)


def test_the_others_stand_in_rows_by_area_and_overlap_nobody():
    sizes = {"a": (3.0, 1.0, 2.0), "b": (1.0, 1.0, 1.0), "c": (2.0, 2.0, 5.0), "d": (1.0, 1.0, 1.0)}
    twins = [
        twin("a", "hall", sizes["a"]), twin("c", "yard", sizes["c"]), twin("b", "hall", sizes["b"]),
        twin("d", position=(-4, 0, 1)),
    ]  # fmt: skip
    found = places(twins)
    assert found["a"].z == found["b"].z
    assert found["a"].z != found["c"].z
    for one, other in combinations(sizes, 2):
        apart_x = abs(found[one].x - found[other].x) - (sizes[one][0] + sizes[other][0]) / 2
        apart_z = abs(found[one].z - found[other].z) - (sizes[one][2] + sizes[other][2]) / 2
        assert max(apart_x, apart_z) >= 1.0, (one, other)


def test_without_an_area_the_path_of_the_id_is_the_row():
    found = places([twin("hall/a"), twin("yard/b"), twin("hall/c")])
    assert found["hall/a"].z == found["hall/c"].z != found["yard/b"].z


def test_nothing_is_nowhere():
    assert places([]) == {}
