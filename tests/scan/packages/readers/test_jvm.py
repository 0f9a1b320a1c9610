"""Maven's pom.xml; Gradle's scripts, catalogs and lock files."""

from collections.abc import Callable

import pytest

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Unparsed
from clearance.scan.packages.readers.gradle import catalog, lockfile
from clearance.scan.packages.readers.maven import pom

NamesIn = Callable[[str, str], list[str]]

POM = """<?xml version="1.0" encoding="ISO-8859-1"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>com.zz</groupId><artifactId>top</artifactId><version>3.0</version></parent>
  <artifactId>me</artifactId>
  <properties><a.version>1.2.3</a.version><again>${a.version}</again></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>com.zz</groupId><artifactId>managed</artifactId><version>${again}</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency> <!-- é -->
      <groupId>com.zz</groupId>
      <artifactId>a</artifactId>
      <version>${a.version}</version>
    </dependency>
    <dependency><groupId>com.zz</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>[1.0,2.0)</version><scope>test</scope></dependency>
    <dependency><groupId>com.zz</groupId><artifactId>far</artifactId><version>${from.parent}</version></dependency>
    <dependency><groupId>x</groupId><artifactId>${no}</artifactId></dependency>
  </dependencies>
  <build><plugins><plugin><artifactId>maven-zz-plugin</artifactId><version>2</version></plugin></plugins></build>
  <repositories><repository><url>https://maven.example/repo</url></repository></repositories>
</project>
"""


def test_what_a_pom_names(names_in: NamesIn) -> None:
    assert names_in("pom.xml", POM) == [
        "3 Maven com.zz:top@3.0 at 'top'",
        "7 Maven com.zz:managed@1.2.3 at 'managed' version at '${again}'",
        "12 Maven com.zz:a@1.2.3 at 'a' version at '${a.version}'",
        "15 Maven com.zz:managed@1.2.3 at 'managed' version at '${again}'",
        "16 Maven com.zz:own ([1.0,2.0)) at 'own'",
        "17 Maven com.zz:far (${from.parent}) at 'far'",
        "20 Maven org.apache.maven.plugins:maven-zz-plugin@2 at 'maven-zz-plugin'",
        "21 also https://maven.example/repo",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>\n<project>&c;</project>', "line 1: a document type"),
        ('<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<project/>', "line 2: a document type"),
        ("<project>\n<a></b></project>", "line 2: not XML"),
        ("<a>" * 5000, "nested deeper than 128"),
        ("", "not XML"),
        ("<project>\n&who;</project>", "line 2: not XML"),
    ],
)
def test_what_is_no_harmless_xml_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(Unparsed, match=why):
        list(pom(text, Budget(9)))


def test_a_property_that_names_itself_ends() -> None:
    text = (
        "<project><properties><a>${b}${b}</a><b>${a}${a}</b></properties><dependencies><dependency><groupId>g</groupId>"
        "<artifactId>x</artifactId><version>${a}</version></dependency></dependencies></project>"
    )
    assert [one.name for one in pom(text, Budget(9)) if hasattr(one, "name")] == ["g:x"]


GROOVY = """
buildscript { dependencies { classpath 'com.zz:plugin:1.0' } }
plugins { id 'com.zz.p' version '2.1'
  id 'java' }
repositories { mavenCentral(); maven { url 'https://maven.example/repo' } }
def v = '3.2.1'
ext { w = "4.0" }
dependencies {
  implementation "com.zz:a:$v"
  testImplementation("com.zz:b:${w}:sources@jar") { exclude group: 'com.no', module: 'no' }
  api group: 'com.zz', name: 'c', version: '1.1'
  runtimeOnly 'com.zz:d' // implementation 'com.no:no:1'
  implementation platform("com.zz:bom:5.+")
  /* api 'com.no:no:1' */
  implementation project(':lib:core')
  implementation fileTree(dir: 'libs')
}
println "a:b c"; def url = "https://x.example:8080/a"
"""
KOTLIN = """
val v by extra("1.5")
plugins { kotlin("jvm") version "1.9.0"; id("com.zz.p") version "2.0" }
dependencies { implementation("com.zz:a:1.0"); testImplementation(libs.junit); ksp("com.zz:k:2") }
"""
CATALOG = """[versions]
a = "1.2"
b = { strictly = "[2,3)", prefer = "2.5" }
[libraries]
x = { module = "com.zz:x", version.ref = "a" }
y = { group = "com.zz", name = "y", version = "3.0" }
z = "com.zz:z:4.0"
w = { module = "com.zz:w" }
[plugins]
p = { id = "com.zz.p", version.ref = "a" }
q = "com.zz.q:1.0"
[bundles]
all = ["x", "y"]
"""


def test_what_gradle_scripts_name(names_in: NamesIn) -> None:
    assert names_in("build.gradle", GROOVY) == [
        "2 Maven com.zz:plugin@1.0",
        "3 Maven com.zz.p:com.zz.p.gradle.plugin@2.1 at 'com.zz.p'",
        "5 also https://maven.example/repo",
        "9 Maven com.zz:a@3.2.1 version at '$v'",
        "10 Maven com.zz:b@4.0 version at '${w}'",
        "11 Maven com.zz:c@1.1 at 'c'",
        "12 Maven com.zz:d",
        "13 Maven com.zz:bom (5.+)",
    ]
    assert names_in("build.gradle.kts", KOTLIN) == [
        "3 Maven org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin@1.9.0 at 'jvm'",
        "3 Maven com.zz.p:com.zz.p.gradle.plugin@2.0 at 'com.zz.p'",
        "4 Maven com.zz:a@1.0",
        "4 Maven com.zz:k@2",
    ]


def test_what_a_catalog_names(names_in: NamesIn) -> None:
    assert names_in("gradle/libs.versions.toml", CATALOG) == [
        "5 Maven com.zz:x@1.2",
        "6 Maven com.zz:y@3.0 at 'y'",
        "7 Maven com.zz:z@4.0",
        "8 Maven com.zz:w",
        "10 Maven com.zz.p:com.zz.p.gradle.plugin@1.2 at 'com.zz.p'",
        "11 Maven com.zz.q:com.zz.q.gradle.plugin@1.0 at 'com.zz.q'",
    ]


def test_what_a_lock_file_of_gradle_names(names_in: NamesIn) -> None:
    text = "# x\ncom.zz:a:1.0=runtimeClasspath\ncom.zz:b:2.0=testRuntimeClasspath,testX\nempty=annotationProcessor\n"
    assert names_in("gradle.lockfile", text) == ["2 Maven com.zz:a@1.0", "3 Maven com.zz:b@2.0"]
    assert [one.details.group for one in lockfile(text, Budget(9))] == ["", "dev"]


@pytest.mark.parametrize(
    ("read", "text", "line"), [(lockfile, "com.zz:a:1=x\nnothing\n", "line 2"), (catalog, "[libraries]\nx = {\n", "line")]
)
def test_a_broken_file_is_named_with_its_line(read: Callable[..., object], text: str, line: str) -> None:
    with pytest.raises(Unparsed, match=line):
        list(read(text, Budget(9)))  # type: ignore[call-overload]
