"""Whether what `npx` runs is the command of a package that is installed, and no package's name.

`npx` runs a command that an installed package brings, where there is one, before it asks the registry for a package of that
name. Which commands a package brings is told by its own manifest, which is not here: names that fit are taken for it.
"""

from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.lookalike import skeleton, words_of
from clearance.scan.packages.mention import Mention, Registry, Source

_BRINGS = {
    "cap": "@capacitor/cli", "cdk": "aws-cdk", "ng": "@angular/cli", "nest": "@nestjs/cli", "ncu": "npm-check-updates",
    "sls": "serverless", "tsc": "typescript", "tsserver": "typescript", "vue-cli-service": "@vue/cli-service",
    "wdio": "@webdriverio/cli", "ncc": "@vercel/ncc", "changeset": "@changesets/cli", "lint-staged": "lint-staged",
    "uglifyjs": "uglify-js", "sapper": "sapper", "hexo": "hexo-cli", "ember": "ember-cli", "gulp": "gulp-cli",
    "grunt": "grunt-cli", "tsx": "tsx", "biome": "@biomejs/biome", "commitlint": "@commitlint/cli", "babel": "@babel/cli",
    "redocly": "@redocly/cli", "openapi-generator-cli": "@openapitools/openapi-generator-cli", "graphql-codegen":
    "@graphql-codegen/cli", "tauri": "@tauri-apps/cli", "release-it": "release-it", "cucumber-js": "@cucumber/cucumber",
    "vsce": "@vscode/vsce", "http-server": "http-server", "web-ext": "web-ext", "esbuild": "esbuild", "lhci": "@lhci/cli",
}  # fmt: skip
"""Well known commands of another name than their package's."""


def is_binary(asked: Asked, mention: Mention) -> bool:
    """Whether a name that `npx` runs is a command of a package that the file installs, the tree declares or holds itself."""
    if mention.registry is not Registry.NPM or mention.source is not Source.COMMAND or not mention.optional:
        return False
    name = mention.key[1]
    if name.startswith("@"):
        return False
    tree = asked.tree
    held = tree.declared_names(Registry.NPM) | tree.locked(Registry.NPM)
    named = {one.key[1] for one in asked.named if one.registry is Registry.NPM and not one.optional}
    if _BRINGS.get(name, name) in held | named or name in tree.binaries:
        return True
    bone = skeleton(name)
    return any(_brings(one, name, bone) for one in (*named, *held) if one != name)


def _brings(package: str, name: str, bone: str) -> bool:
    """Whether a package may bring a command: it is written alike, or is a scope's tool of that name (`@x/name`,
    `@name/cli`)."""
    if skeleton(package) == bone:
        return True
    scope, slash, rest = package.removeprefix("@").partition("/")
    if not package.startswith("@") or not slash:
        return package in {f"{name}-cli", f"{name}-bin"}
    return rest in {name, f"{name}-cli"} or (rest == "cli" and (scope == name or name in words_of(scope)))
