"""Large and hostile configuration, made at run time."""


def large() -> dict[str, str]:
    """Files by name: ordinary ones of 10 and 100 KB, ones of 20 MB, and some that are made to cost."""
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{n}\n  namespace: shop\nspec:\n"
        "  template:\n    spec:\n      containers:\n        - name: app\n          image: registry.example.com/app:{n}\n"
        "          securityContext:\n            privileged: true\n---\n"
    )
    bucket = (
        'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "logs-{n}"\n  tags = {{ team = "a", cost = "b" }}\n}}\n'
        'resource "aws_security_group" "g{n}" {{\n  ingress {{\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n'
        '    cidr_blocks = ["0.0.0.0/0"]\n  }}\n}}\n'
    )
    step = "RUN apt-get update && apt-get install -y curl && curl -k https://example.com/{n} | sh\n"
    return {
        "10k.yaml": _many(deployment, 10_000),
        "10k.tf": _many(bucket, 10_000),
        "100k.yaml": _many(deployment, 100_000),
        "100k.tf": _many(bucket, 100_000),
        "20m.yaml": _many(deployment, 20_000_000),
        "20m.tf": _many(bucket, 20_000_000),
        "20m.Dockerfile": "FROM debian\n" + _many(step, 20_000_000),
        "bomb.yaml": "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
        "deep.yaml": "kind: Pod\nspec: " + "[" * 200_000 + "\n",
        "deep.tf": "x = " + "[" * 200_000 + "\n",
        "open.tf": 'resource "a" "b" {\n' * 100_000,
        "one-line.yaml": "kind: {" + ", ".join(f"k{n}: v" for n in range(300_000)) + "}\n",
    }


def _many(pattern: str, size: int) -> str:
    each = len(pattern.format(n=10_000))
    return "".join(pattern.format(n=n) for n in range(max(1, size // each)))
