// A real OpenID provider (npm oidc-provider) on the loopback interface. Logs people in by code, PKCE and nonce as a browser would,
// prints one line of JSON with their ID tokens, its keys, and the address of a second provider, and serves until its input ends.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [clients] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${clients}/oidc-provider/lib/index.js`));
const ISSUER = "https://login.example.com";
const CALLBACK = "https://callback.example.com/back";
console.warn = console.info = () => {};

const accounts = {
  ada: { email: "ada@example.com", email_verified: true },
  bob: { email: "bob@example.com", email_verified: true },
  eve: { email: "eve@example.com", email_verified: false },
  bot: { email: "spiffe://acme.example/agent/x", email_verified: true },
};
const client = (id) => ({
  client_id: id, redirect_uris: [CALLBACK], token_endpoint_auth_method: "none", grant_types: ["authorization_code"],
});
const configuration = {
  clients: [client("clearance"), client("other")],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["not a secret: this provider lives for one test"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
};

const servers = [];

async function serve(issuerOf) {
  const server = createServer();
  servers.push(server);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const here = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuerOf(here), configuration);
  provider.proxy = true;
  server.on("request", provider.callback());
  return here;
}

const here = await serve(() => ISSUER);
const plain = await serve((address) => address);

async function login(person, audience, nonce) {
  const jar = new Map();
  const ask = async (address, body) => {
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "login.example.com" };
    if (jar.size) headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(address.replace(ISSUER, here), { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) jar.set(name, value); else jar.delete(name);
    }
    return answer;
  };
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const question = new URLSearchParams({
    client_id: audience, response_type: "code", redirect_uri: CALLBACK, scope: "openid email", nonce,
    code_challenge: challenge, code_challenge_method: "S256",
  });
  let address = `${ISSUER}/auth?${question}`;
  for (let step = 0; step < 12 && !address.startsWith(CALLBACK); step++) {
    let answer = await ask(address);
    if (answer.status === 200) {
      const page = await answer.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
      const action = /action="([^"]+)"/.exec(page)[1];
      answer = await ask(new URL(action, ISSUER).href, new URLSearchParams({ prompt, login: person, password: "x" }));
    }
    address = new URL(answer.headers.get("location"), ISSUER).href;
  }
  const answer = await ask(`${ISSUER}/token`, new URLSearchParams({
    grant_type: "authorization_code", code: new URL(address).searchParams.get("code"), redirect_uri: CALLBACK,
    client_id: audience, code_verifier: verifier,
  }));
  return (await answer.json()).id_token;
}

const tokens = {};
for (const person of Object.keys(accounts)) tokens[person] = await login(person, "clearance", "question-1");
tokens.elsewhere = await login("ada", "other", "question-1");
const jwks = await (await fetch(`${here}/jwks`)).text();
process.stdout.write(`${JSON.stringify({ issuer: ISSUER, tokens, jwks, plain })}\n`);
process.stdin.resume();
process.stdin.on("end", () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});
