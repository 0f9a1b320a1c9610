"""A text that takes much longer to look at than any test waits."""

SLOW = "\n".join(
    f"def f{number}(a):\n    x = a\n" + "".join(f"    if x > {one}:\n        x = x + a * {one}\n" for one in range(30))
    for number in range(600)
)
