"""Targets of campaigns are found among real names by the hostile ones around them."""

from clearance.scan.packages.pack.campaigns import imitated_before

SIGNS = "abcdefghijklmnopqrstuvwxyz"


def test_a_name_with_many_hostile_neighbours_was_a_target() -> None:
    hostile = [f"cryptofee{sign}" for sign in SIGNS if sign != "d"]
    real = {"cryptofeed", "cryptofe", "other-thing"}
    assert imitated_before(hostile, real.__contains__) == ["cryptofeed"]
    assert imitated_before(hostile, real.__contains__, known={"cryptofeed"}) == []
    assert imitated_before(hostile[:10], real.__contains__) == []
    assert imitated_before([*hostile, "cryptofeed"], real.__contains__) == []
