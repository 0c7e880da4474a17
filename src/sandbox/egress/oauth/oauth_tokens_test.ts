import assert from "node:assert/strict";
import { MASK } from "~/base/secrets/mask.ts";
import { SecretMask } from "~/base/secrets/secret_mask.ts";
import { Deadlines } from "~/base/time/deadlines.ts";
import { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import { StandIns } from "~/sandbox/egress/secrets/stand_ins.ts";
import { Pacer } from "~/sandbox/egress/send/pacer.ts";
import type { Answer } from "~/sandbox/egress/send/send_once.ts";
import type { EgressRequest, FromEgress, OAuthClient } from "~/sandbox/protocol.ts";
import { type OAuthContext, OAuthTokens } from "./oauth_tokens.ts";

const CRM = "spoor-oauth-1";
const MAIL = "spoor-oauth-2";
const NEVER = new AbortController().signal;
const RENEW: OAuthClient = {
  tokenUrl: "https://login.test/token",
  clientId: "app",
  clientSecret: "",
  clientAuth: "body",
  scope: "",
  audience: "",
  refreshToken: "refresh-1",
};

function requestOf(more: Partial<EgressRequest> = {}): EgressRequest {
  return {
    method: "POST",
    url: "https://api.test/",
    headers: [["Authorization", `Bearer ${CRM}`]],
    body: null,
    timeoutMs: 1_000,
    retries: 0,
    idempotencyKey: "",
    ...more,
  };
}

const answerOf = (status: number): Answer => ({
  status,
  url: "https://api.test/",
  headers: [],
  body: new Uint8Array(),
  trail: { url: new URL("https://api.test/"), isRedirected: false, mayHaveActed: false },
});

/** Tokens of the services "crm" and "mail", which no token endpoint is asked for. */
function openTokens({ asking = "allowed", hosts = [] }: {
  asking?: OAuthContext["asking"];
  hosts?: string[];
} = {}) {
  const posted: FromEgress[] = [];
  const clock = { nowMs: 0 };
  const outlet = {
    allowedHosts: new AllowedHosts(hosts),
    practiceOrigin: undefined,
    atMostOnce: false,
    deadlines: new Deadlines(),
    pacer: new Pacer(() => 0),
    random: () => 0,
  };
  const mask = new SecretMask([]);
  const tokens = new OAuthTokens({
    secrets: [],
    standIns: new StandIns([]),
    mask,
    outlet,
    asking,
    post: (message) => posted.push(message),
    now: () => clock.nowMs,
  });
  tokens.register(CRM, { provider: "crm" });
  tokens.register(MAIL, { provider: "mail" });
  const sent: string[] = [];
  /** Sends a request, answered by these statuses one after the other. */
  const send = (statuses: readonly number[] = [], request = requestOf(), signal = NEVER) => {
    const left = [...statuses];
    return tokens.send(request, signal, (standIns) => {
      sent.push(standIns.replace(`${CRM} ${MAIL}`, new Set()));
      return Promise.resolve(answerOf(left.shift() ?? 200));
    });
  };
  return { tokens, posted, sent, send, clock, mask };
}

const WANTED = { type: "token_wanted", provider: "crm" } as const;

Deno.test("one question is asked for all that wait, and none while its token holds", async () => {
  const { tokens, posted, sent, send, clock, mask } = openTokens();
  const sending = [send(), send(), send()];
  assert.deepEqual(posted, [WANTED]);
  tokens.receive("crm", { accessToken: "token-1", renewInMs: 1_000 });
  await Promise.all(sending);
  clock.nowMs = 999;
  await send();
  assert.deepEqual([posted.length, sent], [1, Array(4).fill(`token-1 ${MAIL}`)]);
  assert.equal(mask.text("has token-1"), `has ${MASK}`);

  clock.nowMs = 1_000;
  const late = send();
  assert.deepEqual(posted, [WANTED, WANTED]);
  tokens.receive("mail", { accessToken: "nobody's" });
  tokens.receive("crm", { accessToken: "token-2" });
  await late;
  clock.nowMs = 1e9;
  await send();
  assert.deepEqual([posted.length, sent.at(-1)], [2, `token-2 ${MAIL}`], "no end of it is known");
});

Deno.test("all stand-ins of one service share its token, and its question", async () => {
  const { tokens, posted, send } = openTokens();
  const another = "spoor-oauth-3";
  tokens.register(another, { provider: "crm" });
  const sending = [send(), send([], requestOf({ headers: [["x-key", another]] }))];
  assert.deepEqual(posted, [WANTED]);
  tokens.receive("crm", { accessToken: "token-1" });
  await Promise.all(sending);
});

Deno.test("a request that carries no token asks for none", async () => {
  const { posted, sent, send } = openTokens();
  await send([401], requestOf({ headers: [["Authorization", "Bearer own"]] }));
  assert.deepEqual([posted, sent], [[], [`${CRM} ${MAIL}`]]);
});

Deno.test("a token is looked for wherever a request can have one", () => {
  const basic = `Basic ${btoa(`app:${CRM}`)}`;
  const bytes = new TextEncoder().encode(`xx${CRM}`);
  const places: Partial<EgressRequest>[] = [
    { headers: [], url: `https://api.test/?key=${CRM}` },
    { headers: [["x-key", CRM]] },
    { headers: [["authorization", basic]] },
    { headers: [], body: `{"key":"${CRM}"}` },
    { headers: [], body: bytes.subarray(2) },
  ];
  for (const place of places) {
    const { posted, send } = openTokens();
    void send([], requestOf(place));
    assert.deepEqual(posted, [WANTED], JSON.stringify(place));
  }
  const { posted, send } = openTokens();
  void send([], requestOf({ headers: [], body: bytes.subarray(0, bytes.length - 1) }));
  assert.deepEqual(posted, [], "outside of its part of a buffer there is nothing of the request");
});

Deno.test("after 401 a token is renewed and the request repeated, once", async () => {
  const { tokens, posted, sent, send } = openTokens();
  const first = send([401, 401]);
  tokens.receive("crm", { accessToken: "token-1" });
  await turn();
  assert.deepEqual(posted, [WANTED, { ...WANTED, rejected: "token-1" }]);
  tokens.receive("crm", { accessToken: "token-2" });
  assert.equal((await first).status, 401);
  assert.deepEqual(sent, [`token-1 ${MAIL}`, `token-2 ${MAIL}`]);

  assert.equal((await send([401])).status, 401);
  assert.deepEqual([posted.length, sent.length], [2, 3], "a fresh one did not help either");
});

Deno.test("a token that helps after 401 is renewed once more when it is refused later", async () => {
  const { tokens, posted, send } = openTokens();
  const first = send([401]);
  tokens.receive("crm", { accessToken: "token-1" });
  await turn();
  tokens.receive("crm", { accessToken: "token-2" });
  assert.equal((await first).status, 200);
  const second = send([401]);
  await turn();
  assert.deepEqual(posted.at(-1), { ...WANTED, rejected: "token-2" });
  tokens.receive("crm", { accessToken: "token-3" });
  assert.equal((await second).status, 200);
});

Deno.test("requests that were refused together renew a token once", async () => {
  const { tokens, posted, sent, send } = openTokens();
  const answer = Promise.withResolvers<void>();
  const late = tokens.send(requestOf(), NEVER, async (standIns) => {
    sent.push(standIns.replace(CRM, new Set()));
    if (sent.length > 1) return answerOf(200);
    await answer.promise;
    return answerOf(401);
  });
  tokens.receive("crm", { accessToken: "token-1" });
  await turn();
  const first = send([401]);
  await turn();
  tokens.receive("crm", { accessToken: "token-2" });
  await first;
  answer.resolve();
  assert.equal((await late).status, 200);
  assert.deepEqual([posted.length, sent.at(-1)], [2, "token-2"]);
});

Deno.test("where there is no token, requests are refused without another question; an answer that was there is told", async () => {
  const { tokens, posted, send } = openTokens();
  const first = send([401]);
  tokens.receive("crm", { accessToken: "token-1" });
  await turn();
  tokens.receive("crm", { error: { message: "It is over", hint: "Authorise" } });
  await assert.rejects(
    first,
    (error: { kind: string; message: string; hint: string; answer?: Answer }) => {
      assert.deepEqual(
        [error.kind, error.message, error.hint, error.answer?.status],
        ["denied", "It is over", "Authorise", 401],
      );
      return true;
    },
  );
  await assert.rejects(send([401]), { message: "It is over" });
  assert.equal(posted.length, 2);
});

Deno.test("a request with two tokens gets both, and renews both after 401", async () => {
  const { tokens, posted, sent, send } = openTokens();
  const sending = send([401], requestOf({ url: `https://api.test/?key=${MAIL}` }));
  const both = [WANTED, { ...WANTED, provider: "mail" }];
  assert.deepEqual(posted, both);
  tokens.receive("crm", { accessToken: "crm-1" });
  tokens.receive("mail", { accessToken: "mail-1" });
  await turn();
  tokens.receive("mail", { accessToken: "mail-2" });
  tokens.receive("crm", { accessToken: "crm-2" });
  await sending;
  assert.deepEqual(sent, ["crm-1 mail-1", "crm-2 mail-2"]);
});

Deno.test("where only one of two tokens can be renewed the other goes on", async () => {
  const { tokens, sent, send } = openTokens();
  const request = requestOf({ url: `https://api.test/?key=${MAIL}` });
  const first = send([401, 401]);
  tokens.receive("crm", { accessToken: "crm-1" });
  await turn();
  tokens.receive("crm", { accessToken: "crm-2" });
  await first;
  const second = send([401], request);
  tokens.receive("mail", { accessToken: "mail-1" });
  await turn();
  tokens.receive("mail", { accessToken: "mail-2" });
  assert.equal((await second).status, 200);
  assert.equal(sent.at(-1), "crm-2 mail-2");
});

Deno.test("who does not wait for a token any more goes, and the others get it", async () => {
  const { tokens, sent, send } = openTokens();
  const aborting = new AbortController();
  const gone = send([], requestOf(), aborting.signal);
  const stays = send();
  aborting.abort();
  await assert.rejects(gone, { kind: "unsent" });
  await assert.rejects(send([], requestOf(), aborting.signal), { kind: "unsent" });
  tokens.receive("crm", { accessToken: "token-1" });
  await stays;
  assert.deepEqual(sent, [`token-1 ${MAIL}`]);
});

Deno.test("a renewal that fails is given back, and tried again by the next request", async () => {
  const { tokens, posted, send } = openTokens({ asking: "refused" });
  const first = send();
  tokens.receive("crm", { renew: RENEW, authCommand: "spoor auth crm" });
  await assert.rejects(first, { kind: "unsent", message: /cannot be known without sending/ });
  assert.deepEqual(posted, [WANTED, { type: "token_refused", provider: "crm" }]);
  const second = send();
  tokens.receive("crm", { accessToken: "token-1" });
  await second;
  assert.equal(posted.length, 3);
});

Deno.test("a plan looks whether there is a token, shows none, and gives back what it could renew", async () => {
  const shown = async (answer: Parameters<OAuthTokens["receive"]>[1], hosts: string[] = []) => {
    const { tokens, posted } = openTokens({ asking: "looked_for", hosts });
    const masking = tokens.maskedIn(requestOf());
    assert.deepEqual(posted, [WANTED]);
    tokens.receive("crm", answer);
    const standIns = await masking;
    return [standIns.replace(CRM, new Set()), posted.length];
  };
  assert.deepEqual(await shown({ accessToken: "token-1" }), [MASK, 1]);
  assert.deepEqual(await shown({ renew: RENEW, authCommand: "spoor auth crm" }, ["login.test"]), [
    MASK,
    2,
  ]);
  await assert.rejects(shown({ renew: RENEW, authCommand: "spoor auth crm" }), {
    kind: "denied",
    message: /login\.test/,
  });
  await assert.rejects(shown({ error: { message: "It is over" } }), { message: "It is over" });
  const { tokens, posted } = openTokens({ asking: "looked_for" });
  await tokens.maskedIn(requestOf({ headers: [] }));
  assert.deepEqual(posted, []);
});

/** What waits for promises has its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
