import assert from "node:assert/strict";
import { parseSettings } from "./settings.ts";

const WHOLE = [
  "    authorize_url: https://login.test/auth",
  "    token_url: https://login.test/token",
  "    client_id: app",
];

async function read(...lines: string[]) {
  return await parseSettings(["auth:", ...lines, ""].join("\n"));
}

Deno.test("auth: names services, what is left out has its default", async () => {
  const { settings, errors } = await read("  crm:", ...WHOLE, "    scope: [a, b]");
  assert.deepEqual(errors, []);
  assert.deepEqual(settings.auth, {
    crm: {
      authorizeUrl: "https://login.test/auth",
      tokenUrl: "https://login.test/token",
      clientId: "app",
      clientSecret: "",
      clientAuth: "basic",
      scope: "a b",
      redirectUri: "",
    },
  });
});

Deno.test("an empty auth: names none", async () => {
  assert.deepEqual(await read().then(({ settings, errors }) => [settings.auth, errors]), [{}, []]);
});

const MISTAKES: [lines: string[], words: RegExp][] = [
  [["  - crm"], /^1 Cannot read "auth": it is not a list of services/],
  [["  crm: 1"], /^2 Cannot read the service "crm": it has no settings/],
  [["  a b:", ...WHOLE], /^2 Cannot read the service "a b": its name has other characters/],
  [["  crm:", ...WHOLE.slice(1)], /^2 Cannot read the service "crm": it has no "authorize_url"/],
  [["  crm:", ...WHOLE, "  crm:", ...WHOLE], /^6 Cannot read the service "crm": it is given twice/],
  [["  crm:", ...WHOLE, "    scopes: a"], /^6 .*"scopes" is not a setting of a service.*"scope"/],
  [["  crm:", ...WHOLE, "    client_id: [a]"], /^6 .*"client_id" is not a single value/],
  [["  crm:", ...WHOLE, "    token_url: login"], /^6 .*"login" is not an address/],
  [["  crm:", ...WHOLE, "    client_auth: none"], /^6 .*"none" is no client_auth/],
  [["  crm:", ...WHOLE, "    redirect_uri: https://x.test/"], /^6 .*does not lead to this machine/],
];

for (const [lines, words] of MISTAKES) {
  Deno.test(`auth: with ${JSON.stringify(lines.at(-1))} is a mistake`, async () => {
    const { errors: [first] } = await read(...lines);
    assert.match(`${first?.at?.line} ${first?.message} | ${first?.hint}`, words);
  });
}

Deno.test("a secret itself in the place of its variable's name is not shown", async () => {
  const { errors } = await read("  crm:", ...WHOLE, "    client_secret: s3cret+value");
  assert.match(errors[0]?.message ?? "", /"client_secret" is not the name of a variable/);
  assert.ok(!JSON.stringify(errors).includes("s3cret+value"));
});
