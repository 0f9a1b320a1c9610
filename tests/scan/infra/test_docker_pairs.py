"""Of two Dockerfiles that differ in one thing the bad one is told from the good one, of which only advice is said."""

from collections import Counter
from functools import cache

import pytest

import built_in
from clearance.collect.memory import HeldContents
from clearance.facts.finding import Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.family import InfraFamily
from scan.infra.rules_of_tests import view

MADE = "made-up-for-this-test"
B = "FROM debian:13-slim\n"
E = 'USER 1000\nCMD ["/srv/x"]\n'
PAIRS = [
    # bad, good
    ("FROM debian\n" + E, B + E),
    ("FROM debian:latest\n" + E, B + E),
    (
        "FROM debian:latest AS a\nFROM debian:13\nCOPY --from=a /x /x\n" + E,
        "FROM debian:13 AS a\nFROM debian:13\nCOPY --from=a /x /x\n" + E,
    ),
    ("ARG TAG=latest\nFROM debian:${TAG}\n" + E, "ARG TAG=13\nFROM debian:${TAG}\n" + E),
    (B + 'CMD ["/x"]\n', B + E),
    (B + "USER root\n" + 'CMD ["/x"]\n', B + E),
    (B + "USER app\nRUN x\nUSER 0\n" + 'CMD ["/x"]\n', B + E),
    (B + "RUN sudo make\n" + E, B + "RUN make\n" + E),
    (
        B
        + "RUN apt-get update && sudo -E apt-get install --no-install-recommends -y curl=1 && rm -rf /var/lib/apt/lists/*\n"
        + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y curl=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (B + "ADD https://x.example.com/a.sh /a.sh\n" + E, B + "COPY a.sh /a.sh\n" + E),
    (B + "ADD app /app\n" + E, B + "COPY app /app\n" + E),
    (B + "ADD . /app\n" + E, B + "COPY . /app\n" + E),
    (
        B + "RUN curl https://x.example.com/i.sh | bash\n" + E,
        B + "RUN curl -o i.sh https://x.example.com/i.sh && echo 'abc i.sh' | sha256sum -c && bash i.sh\n" + E,
    ),
    (B + "RUN wget -qO - https://x.example.com/i.sh | sh -\n" + E, B + "COPY i.sh /\nRUN sh /i.sh\n" + E),
    (B + "RUN curl -sSL https://x.example.com/i.py | python3 -\n" + E, B + "COPY i.py /\nRUN python3 /i.py\n" + E),
    (
        B + 'RUN ["/bin/bash", "-c", "curl -s https://x.example.com | bash"]\n' + E,
        B + 'RUN ["/bin/bash", "-c", "make"]\n' + E,
    ),
    (B + 'RUN bash -c "$(wget -qO- https://x.example.com)"\n' + E, B + 'RUN bash -c "make"\n' + E),
    (B + "RUN curl https://x.example.com/i.sh > /tmp/i.sh && sh /tmp/i.sh\n" + E, B + "RUN make\n" + E),
    (B + "RUN curl -o /tmp/i.sh https://x.example.com/i.sh; chmod +x /tmp/i.sh; /tmp/i.sh\n" + E, B + "RUN make\n" + E),
    (B + "EXPOSE 22\nHEALTHCHECK CMD x\n" + E, B + "EXPOSE 8080\nHEALTHCHECK CMD x\n" + E),
    (B + "EXPOSE 80 22/tcp\nHEALTHCHECK CMD x\n" + E, B + "EXPOSE 80\nHEALTHCHECK CMD x\n" + E),
    (B + "EXPOSE 99999\nHEALTHCHECK CMD x\n" + E, B + "EXPOSE 9999\nHEALTHCHECK CMD x\n" + E),
    (B + f"ENV PASSWORD={MADE}\n" + E, B + "ENV PORT=80\n" + E),
    (B + f"ENV MYSQL_ROOT_PASSWORD {MADE}\n" + E, B + "ENV MYSQL_HOST db\n" + E),
    (B + f"ENV A=b AWS_SECRET_ACCESS_KEY={MADE}\n" + E, B + "ENV AWS_REGION=eu-west-1\n" + E),
    (B + f"ENV API_KEY={MADE}\n" + E, B + "ENV API_URL=https://x.example.com\n" + E),
    (B + f"ARG PASSWORD={MADE}\n" + E, B + "ARG VERSION=1\n" + E),
    (
        B + "ARG GITHUB_TOKEN\nRUN git clone -b v1 https://$GITHUB_TOKEN@git.example.com/x/y\n" + E,
        B + "RUN --mount=type=secret,id=t git clone -b v1 https://git.example.com/x/y\n" + E,
    ),
    (B + "COPY id_rsa /home/app/.ssh/\n" + E, B + "COPY app /app\n" + E),
    (B + "COPY .env /app/.env\n" + E, B + "COPY app /app\n" + E),
    (B + "COPY ./config/server.key /etc/\n" + E, B + "COPY ./config/server.crt /etc/\n" + E),
    (B + "COPY .aws/credentials /home/app/.aws/credentials\n" + E, B + "COPY app /app\n" + E),
    (B + "RUN chmod 777 /app\n" + E, B + "RUN chmod 755 /app\n" + E),
    (B + "RUN chmod -R 0777 /app /b\n" + E, B + "RUN chmod -R 0750 /app /b\n" + E),
    (B + "RUN chmod a+rwx /app\n" + E, B + "RUN chmod u+rwx /app\n" + E),
    (B + "RUN chmod ugo+w /app\n" + E, B + "RUN chmod ug+w /app\n" + E),
    (B + "RUN chmod +s /bin/x\n" + E, B + "RUN chmod +x /bin/x\n" + E),
    (B + "RUN chmod 4755 /bin/x\n" + E, B + "RUN chmod 0755 /bin/x\n" + E),
    (B + "COPY --chmod=777 a /a\n" + E, B + "COPY --chmod=755 a /a\n" + E),
    (
        B + "RUN apt-get install --no-install-recommends -y --force-yes a=1\n" + E,
        B + "RUN apt-get install --no-install-recommends -y a=1\n" + E,
    ),
    (
        B + "RUN apt-get update && apt-get -y --allow-unauthenticated install a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
        B + "RUN apt-get update && apt-get -y install --no-install-recommends a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (B + "RUN apk add --allow-untrusted --no-cache x=1\n" + E, B + "RUN apk add --no-cache x=1\n" + E),
    (B + "RUN yum install -y --nogpgcheck x-1 && yum clean all\n" + E, B + "RUN yum install -y x-1 && yum clean all\n" + E),
    (B + "RUN rpm -i --nosignature x.rpm\n" + E, B + "RUN rpm -i x.rpm\n" + E),
    (B + "RUN curl -k https://x.example.com/a -o a\n" + E, B + "RUN curl https://x.example.com/a -o a\n" + E),
    (B + "RUN curl --insecure -L https://x.example.com/a -o a\n" + E, B + "RUN curl -L https://x.example.com/a -o a\n" + E),
    (B + "RUN wget --no-check-certificate https://x.example.com/a\n" + E, B + "RUN wget https://x.example.com/a\n" + E),
    (
        B + "RUN pip install --no-cache-dir --trusted-host pypi.example.com x==1\n" + E,
        B + "RUN pip install --no-cache-dir x==1\n" + E,
    ),
    (
        B + "RUN python -m pip install --no-cache-dir --trusted-host=pypi.example.com x==1\n" + E,
        B + "RUN python -m pip install --no-cache-dir x==1\n" + E,
    ),
    (B + "RUN npm config set strict-ssl false\n" + E, B + "RUN npm config set audit false\n" + E),
    (B + "RUN git config --global http.sslVerify false\n" + E, B + "RUN git config --global user.name x\n" + E),
    (B + "ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n" + E, B + "ENV NODE_TLS_REJECT_UNAUTHORIZED=1\n" + E),
    (B + "ENV PYTHONHTTPSVERIFY 0\n" + E, B + "ENV PYTHONHTTPSVERIFY 1\n" + E),
    (B + "ENV GIT_SSL_NO_VERIFY=true\n" + E, B + "ENV GIT_X=true\n" + E),
    (B + "RUN export NODE_TLS_REJECT_UNAUTHORIZED=0 && npm ci\n" + E, B + "RUN npm ci\n" + E),
    (B + "EXPOSE 80\n" + E, B + "EXPOSE 80\nHEALTHCHECK CMD curl -f http://localhost\n" + E),
    (B + "USER 1000\nCMD /srv/x\n", B + E),
    (B + "USER 1000\nENTRYPOINT /srv/x\n", B + 'USER 1000\nENTRYPOINT ["/srv/x"]\n'),
    (
        B + "RUN apt-get update\nRUN apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a && rm -rf /var/lib/apt/lists/*\n" + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1\n" + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (
        B + "RUN apt-get update && apt-get install --no-install-recommends a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (B + "RUN apk add curl=1\n" + E, B + "RUN apk add --no-cache curl=1\n" + E),
    (B + "RUN apk add --no-cache curl\n" + E, B + "RUN apk add --no-cache curl=1\n" + E),
    (
        B + "RUN apt-get update && apt-get dist-upgrade -y\n" + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y a=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (
        B + "RUN apt install --no-install-recommends -y a=1\n" + E,
        B + "RUN apt-get install --no-install-recommends -y a=1\n" + E,
    ),
    (
        B + "RUN wget -O - https://x.example.com | wc -l > /n\n" + E,
        B + 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN wget -O - https://x.example.com | wc -l > /n\n' + E,
    ),
    (B + "WORKDIR app\n" + E, B + "WORKDIR /app\n" + E),
    (B + 'USER 1\nCMD ["a"]\nCMD ["b"]\n', B + 'USER 1\nCMD ["b"]\n'),
    (B + 'USER 1\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\n', B + 'USER 1\nENTRYPOINT ["b"]\n'),
    (B + "MAINTAINER x\n" + E, B + "LABEL maintainer=x\n" + E),
    (
        B + "FROM debian:13 AS a\nFROM debian:13 AS a\nRUN x\n" + E,
        B + "FROM debian:13 AS a\nFROM debian:13 AS b\nRUN x\n" + E,
    ),
    (B + "COPY --from=bulid /a /b\n" + E, "FROM debian:13 AS build\nFROM debian:13-slim\nCOPY --from=build /a /b\n" + E),
    (B + "RUN service ssh start\n" + E, B + "RUN make\n" + E),
    (B + 'RUN echo "$ROOT" | chpasswd\n' + E, B + "RUN make\n" + E),
    (
        B
        + "RUN apt-get update && apt-get install --no-install-recommends -y openssh-server=1 && "
        + "rm -rf /var/lib/apt/lists/*\n"
        + E,
        B + "RUN apt-get update && apt-get install --no-install-recommends -y curl=1 && rm -rf /var/lib/apt/lists/*\n" + E,
    ),
    (B + "RUN --security=insecure x\n" + E, B + "RUN x\n" + E),
    (B + "RUN --network=host x\n" + E, B + "RUN x\n" + E),
    ("FROM ubuntu:16.04\n" + E, "FROM ubuntu:24.04\n" + E),
    ("FROM node:12\n" + E, "FROM node:24\n" + E),
    (
        B + "RUN git clone -b v1 http://x.example.com/a.git\n" + E,
        B + "RUN git clone -b v1 https://x.example.com/a.git\n" + E,
    ),
    (B + "RUN curl -O http://x.example.com/a.tgz\n" + E, B + "ADD --checksum=sha256:aa https://x.example.com/a.tgz /\n" + E),
    (B + "RUN apt-key adv --keyserver hkp://x.example.com --recv-keys A\n" + E, B + "COPY a.gpg /usr/share/keyrings/\n" + E),
    (B + "RUN curl -fsSL https://x.example.com/k | apt-key add -\n" + E, B + "COPY a.gpg /usr/share/keyrings/\n" + E),
    (B + "RUN useradd app && echo 'app ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/app\n" + E, B + "RUN useradd app\n" + E),
    (
        B + "RUN echo 'deb [trusted=yes] http://x.example.com ./' > /etc/apt/sources.list\n" + E,
        B + "RUN echo 'deb [signed-by=/k] http://x.example.com ./' > /etc/apt/sources.list\n" + E,
    ),
    (B + "VOLUME /var/run/docker.sock\n" + E, B + "VOLUME /data\n" + E),
    (B + "COPY . /\n" + E, B + "COPY . /app\n" + E),
    (B + "COPY .git /app/.git\n" + E, B + "COPY src /app/src\n" + E),
    (B + "RUN ssh-keyscan git.example.com >> ~/.ssh/known_hosts\n" + E, B + "COPY known_hosts /home/app/.ssh/\n" + E),
    (B + "RUN yum -y update && yum install -y x-1\n" + E, B + "RUN yum install -y x-1 && yum clean all\n" + E),
    (B + "RUN zypper install -y x=1\n" + E, B + "RUN zypper install -y x=1 && zypper clean\n" + E),
    (B + "RUN zypper install x=1 && zypper clean\n" + E, B + "RUN zypper install -y x=1 && zypper clean\n" + E),
    (B + "RUN mkdir /app && useradd -u 0 -o app\n" + E, B + "RUN mkdir /app && useradd -u 1000 app\n" + E),
    (B + "ENV DEBUG=true FLASK_DEBUG=1\n" + E, B + "ENV X=true\n" + E),
]


@cache
def shipped() -> tuple[InfraFamily, dict[str, Rule]]:
    """The family with all pages that ship, and the pages."""
    rules = tuple(built_in.catalogue())
    made = InfraFamily(rules)
    made.start(HeldContents({}, {}, {}))
    return made, {rule.id: rule for rule in rules}


def told(text: str) -> Counter[str]:
    """Count what is told of a Dockerfile, by rule."""
    given = list(shipped()[0].look(view("Dockerfile", text), Budget(60)))
    assert all(isinstance(one, Match) for one in given), given
    return Counter(one.rule for one in given if isinstance(one, Match))


def grave(text: str) -> list[str]:
    """Name the rules that tell more than advice of a Dockerfile."""
    family, rules = shipped()
    matches = [one for one in family.look(view("Dockerfile", text), Budget(60)) if isinstance(one, Match)]
    return [one.rule for one in matches if (one.severity or rules[one.rule].severity) is not Severity.LOW]


@pytest.mark.parametrize(("bad", "good"), PAIRS)
def test_the_bad_file_is_told_from_the_good_one(bad: str, good: str) -> None:
    assert grave(good) == []
    assert told(bad) - told(good)
