"""Names in code that stand for something of the reader's: `your_module`, `@my-org/ui`, and the file next to a snippet."""

import re

from clearance.scan.packages.mention import Registry

_PLACEHOLDER = re.compile(
    r"(?:your|my)[_-]?\w+|(?:our|some|their|example|sample|dummy|placeholder|foo|bar|baz|qux|spam|eggs|acme)s?(?:[_-]\w+|\d*)"
    r"|(?:package|module|project|library|app|file|script|class|model|function|plugin|component|lib|pkg|mod|site)"
    r"_?(?:name|one|two|xyz|[a-z]|\d)"
    r"|path_to(?:_\w+)?|x{2,}|a|b|c|m|abc|xyz|name_of_\w+|the_(?:module|package|file|script)\w*",
    re.IGNORECASE,
)
_PLACES_TEXT = """
@app @assets @common @company @components @config @core @domain @example @features @generated @helpers @hooks @lib
@libs @models @modules @monorepo @mycompany @myorg @ns @org @organization @pages @project @repo @root @scope @server
@services @shared @site @src @store @styles @theme @types-local @ui @util @utils @workspace @yourcompany @yourorg
"""
_PLACES = frozenset(_PLACES_TEXT.split())
"""Scopes that stand for the reader's own, or that a bundler maps to a folder."""
_WORDS_TEXT = """
abstract account accounts action actions adapter adapters admin agent agents algorithm algorithms analysis analytics
analyzer animal api app application apps args arguments assets async audio auth authentication backend bank base basic
board bot builder business cache calc calculator camera car cart check checker class classes classifier cli client
clients code collector command commands common component components compute config configs configuration configure
connect connection connector const constant constants consumer context control controller controllers conv converter
core counter create crawler credentials crud custom customer dao dashboard data database databases datasets dataset
date db decorator decorators default definition definitions demo dependencies deps detector device dialog display doc
document domain download downloader driver dto email embedding employee encoder decoder engine entities entity env
environment environments error errors eval evaluate evaluation event events example exception exceptions executor
experiment export exporter ext extension extensions extract extractor factory feature features fetch fetcher file
files filter filters form format formatter forms frontend func function functions game general generate generator
geometry get global globals graph grid gui handler handlers helper helpers home hook hooks http image images import
importer index inference info infra infrastructure init input integration interface interfaces internal inventory io
item items job jobs json key keys keyboard label layer layers layout lib library libs list listener load loader local
log logger logging login logs loss losses mail mailer main manager managers map mapper math matrix mem memory menu
message messages method methods metric metrics middleware migrations misc mixin mixins mock model models module
modules monitor motor my nav net network networks nlp node nodes note notification notifications object objects ops
optimizer order orders output page pages parameters params parse parser parsers payment payments permissions person
physics pipeline pipelines player plot plots plotting plugin plugins point policy post postprocess predict prediction
predictor preprocess preprocessing preprocessor process processing processor processors producer product products
profile project prompt prompts provider providers queue read reader record recorder registry renderer report reporter
reports repo repositories repository request requests resource resources response result results robot route router
routers routes rules run runner scene schema schemas scraper screen script scripts search secret secrets security
sensor serializer serializers server service services session settings setup shape shapes shared show signals simple
simulation simulator singleton socket solution solver source sources spider sprite sprites src stack state storage
store stream strategy student style styles support system table tables target task tasks template templates test tests
text thread time timer token tokenizer tool toolbox tools trade trader trading train trainer training transform
transformation transformations transforms tree type types ui update upload uploader url urls user users util utilities
utility utils val validate validation validator validators value values variables vector version video view views vis
visualization visualize visualizer web widget widgets window word words worker workers workflow wrapper write writer
"""
_MOST_WORDS = 2
_WORDS = frozenset(_WORDS_TEXT.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CAMEL = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+")


def is_placeholder(registry: Registry, name: str) -> bool:
    """Whether a module or a specifier stands for a name that the reader is to put in."""
    if registry is Registry.PYPI:
        return bool(_PLACEHOLDER.fullmatch(name))
    scope, _, rest = name.partition("/")
    if scope.startswith("@"):
        return scope.lower() in _PLACES or bool(_PLACEHOLDER.fullmatch(scope[1:])) or bool(rest and scope == "@")
    return bool(_PLACEHOLDER.fullmatch(scope.replace("-", "_")))


def is_neighbour(registry: Registry, name: str) -> bool:
    """Whether what a snippet imports is likely a file beside it: a placeholder, or made of words that programs name their
    own files with (`db_utils`, `UserService`). Only for snippets: in a tree such a file is there."""
    if is_placeholder(registry, name):
        return True
    first = name.partition("/")[0]
    words = _WORD.findall(first)
    # Scripts import the file beside them by a path, so only an alias of one word is left; three words are a name.
    most = _MOST_WORDS if registry is Registry.PYPI else 1
    made = 0 < len(words) <= most and all(word.lower() in _WORDS or word.isdigit() for word in words)
    return made or (registry is Registry.PYPI and bool(_CAMEL.fullmatch(first)))
