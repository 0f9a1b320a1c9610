// Verifies many bundles with npm @sigstore/verify in one process; reads and writes as sigstore_bundles.py does.
const { createRequire } = require("module");
const { readFileSync } = require("fs");
const [root, file, identity, issuer, clients] = process.argv.slice(2);
const load = createRequire(clients + "/");
const { bundleFromJSON } = load("@sigstore/bundle");
const { TrustedRoot } = load("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = load("@sigstore/verify");

const trusted = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(root, "utf8"))));
const verifier = new Verifier(trusted, { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
const literally = (text) => "^" + text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "$";
const policy = { subjectAlternativeName: literally(identity), extensions: { issuer } };
for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  const asked = JSON.parse(line);
  let refused = "";
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(asked.bundle))), policy);
  } catch (error) {
    refused = `${error.name}: ${error.message}`.slice(0, 200);
  }
  console.log(JSON.stringify({ name: asked.name, refused }));
}
