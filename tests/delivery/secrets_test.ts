/** What is secret is nowhere but in the requests: not in the log, the model, the plan or the state. */
import assert from "node:assert/strict";
import { type Answer, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { authorize } from "./oauth_provider.ts";
import { readRun } from "./sync_project.ts";

/** As long as a token of an identity service is; no part of it comes twice. */
const JWT = `eyJhbGciOiJSUzI1NiJ9.${
  Array.from({ length: 100 }, (_, i) => `${i}a`.padStart(4, "x")).join("")
}.sig0123456789`;

/** No ten characters of a secret in a row. */
function assertHidden(secret: string, text: string, where: string): void {
  for (let at = 0; at + 10 <= secret.length; at++) {
    const part = secret.slice(at, at + 10);
    const found = text.indexOf(part);
    assert.equal(found, -1, `${where}: …${text.slice(found - 100, found + 300)}`);
  }
}

/** All that lies in the state file and beside it, as text. */
async function stateText(project: TempProject): Promise<string> {
  let text = "";
  for await (const { name, isFile } of Deno.readDir(project.path(".spoor"))) {
    if (isFile) text += new TextDecoder("latin1").decode(await project.bytes(`.spoor/${name}`));
  }
  return text;
}

Deno.test("no part of a long secret is printed, given to the model or kept, where a text is cut", async () => {
  await using api = await fakeApi(({ path, query }): Answer => {
    if (path === "/slow") return { hang: true };
    return { status: 302, headers: { location: `ftp://x.example/?t=${query.get("key")}` } };
  });
  await using project = await tempProject({
    ".env": `JWT=${JWT}\n`,
    "models/raw/pages.ts": `
      // @allow_net: ${api.host}
      // @secrets: JWT
      // @timeout: 1s
      // @retries: 0
      import { http, log, save, secret } from "spoor";
      const addresses = ["${api.origin}/slow?key=", "${api.origin}/away?key=", ""];
      for (const address of addresses) {
        const error = await http.get(address + secret("JWT")).catch((error) => error);
        log.info(error.message);
        await save.row({ message: error.message, hint: String(error.hint) });
      }
    `,
  });

  const { output } = await project.run("run --json");

  const { requests } = api;
  assert.deepEqual(requests.map(({ query }) => query.get("key")), [JWT, JWT]);
  assert.match(output, /\?key=\[JWT\] failed: its answer did not come within 1 s/);
  assert.match(output, /\?t=\*\*\*/);
  assert.match(output, /Cannot send to \\"\*\*\*\\": it is not a URL/);
  assertHidden(JWT, output, "printed");
  const state = await stateText(project);
  assert.ok(state.includes("it did not come within 1 s"));
  assertHidden(JWT, state, "kept");
});

/** Lets everybody in, and sends the client's secret back instead of a token. */
function sendsBack({ path, query, headers, body }: ReceivedRequest): Answer {
  if (path === "/authorize") {
    const back = new URL(query.get("redirect_uri") ?? "");
    back.searchParams.set("code", "the-code-that-was-given");
    back.searchParams.set("state", query.get("state") ?? "");
    return { status: 302, headers: { location: back.href } };
  }
  const basic = atob((headers["authorization"] ?? "").replace("Basic ", ""));
  const words = "The client could not be authenticated by what was sent, which was: ";
  const sent = path === "/token" ? `${basic} ${body}` : "";
  return { status: 400, json: { error: "invalid_client", error_description: words + sent } };
}

Deno.test("no part of a client's secret is printed or kept where a service sends it back", async () => {
  await using api = await fakeApi(sendsBack);
  await using project = await tempProject({
    ".env": `CRM_SECRET=${JWT}\n`,
    "spoor.yaml": [
      "auth:",
      "  crm:",
      `    authorize_url: ${api.origin}/authorize?`,
      `    token_url: ${api.origin}/token`,
      `    client_id: app`,
      "    client_secret: CRM_SECRET",
      "",
    ].join("\n"),
    "models/raw/pages.ts": `
      // @allow_net: ${api.host}
      // @secrets: CRM_SECRET
      import { http, save, secret } from "spoor";
      const token = http.oauth({
        tokenUrl: "${api.origin}/token", clientId: "app", clientSecret: secret("CRM_SECRET"),
      });
      await http.get("${api.origin}/", { headers: { Authorization: "Bearer " + token } });
      await save.row({ id: 1 });
    `,
  });

  const authorised = await authorize(project);
  const { code, stdout, output } = await project.run("run --json");

  assert.equal(authorised.code, 1);
  assert.match(authorised.output, /400 invalid_client \(The client could .*which was: app:\*\*\* /);
  assertHidden(JWT, authorised.output, "printed");
  assert.ok(!authorised.output.includes("the-code-that-was-given"), authorised.output);
  const { message } = readRun(code, stdout, output).model("raw.pages").error ?? {};
  assert.match(message ?? "", /400 invalid_client \(The client could .*which was: app:\*\*\* /);
  assertHidden(JWT, output, "printed");
  assertHidden(JWT, await stateText(project), "kept");
});
