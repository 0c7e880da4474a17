import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { AuthProvider } from "~/project/settings/auth_providers.ts";
import type { OAuthGrant, ProviderToken, ToEgress } from "~/sandbox/protocol.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { loadRefusal, loadSealedToken, saveSealedToken } from "~/store/tokens.ts";
import { GuestTokens } from "./guest_tokens.ts";
import { openTokens, sealTokens, type StoredTokens } from "./stored_tokens.ts";
import { TokenKeeper, type TokenKeeperContext } from "./token_keeper.ts";

const NOW = "2026-01-31T14:00:00.000Z";
const NOW_MS = Date.parse(NOW);
const VARIABLES: Record<string, string> = { SPOOR_KEY: "ab".repeat(32), CRM_SECRET: "s3cret" };
const place = { root: "/nowhere", readVariable: (name: string) => VARIABLES[name] };
const crm: AuthProvider = {
  authorizeUrl: "https://crm.test/authorize",
  tokenUrl: "https://crm.test/token",
  clientId: "app",
  clientSecret: "CRM_SECRET",
  clientAuth: "body",
  scope: "all",
  redirectUri: "",
};
const ENDED: StoredTokens = { accessToken: "old", renewAtMs: NOW_MS, refreshToken: "refresh-1" };

/** A keeper with these tokens of "crm", and what it has written. */
async function keeperOf(
  stored: StoredTokens | undefined,
  context: Partial<TokenKeeperContext> = {},
) {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  if (stored) saveSealedToken(db, "crm", await sealTokens(place, "crm", stored), NOW);
  const commits: DurableCommits = {
    add: (write) => Promise.resolve(write()),
    addUnawaited: (write) => write(),
  };
  const keeper = new TokenKeeper({
    db,
    commits,
    providers: { crm, open: { ...crm, clientSecret: "" } },
    practice: false,
    isPlan: false,
    stateOption: "",
    now: () => NOW,
    ...place,
    ...context,
  });
  return {
    keeper,
    db,
    read: async () => await openTokens(place, "crm", loadSealedToken(db, "crm") ?? bytes(), ""),
    [Symbol.dispose]: () => db.close(),
  };
}

const bytes = () => new Uint8Array();

/** What an answer says. */
function told(answer: ProviderToken): string {
  if ("error" in answer) return answer.error.message;
  return "renew" in answer ? `renew by ${answer.renew.refreshToken}` : answer.accessToken;
}

/** Whether a promise has not ended after all that can be done now. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<true>((resolve) => setTimeout(() => resolve(true), 5));
  return await Promise.race([turn, promise.then(() => false)]);
}

Deno.test("a token that holds is given to all at once, with the time that is left of it", async () => {
  using kept = await keeperOf({ ...ENDED, renewAtMs: NOW_MS + 60_000 });
  const answers = [
    await kept.keeper.want("crm", undefined),
    await kept.keeper.want("crm", "other"),
  ];
  assert.deepEqual(answers, Array(2).fill({ accessToken: "old", renewInMs: 60_000 }));
});

Deno.test("a token of which no end is known holds until it is refused", async () => {
  using kept = await keeperOf({ accessToken: "old", refreshToken: "refresh-1" });
  assert.deepEqual(await kept.keeper.want("crm", undefined), { accessToken: "old" });
  assert.equal(told(await kept.keeper.want("crm", "old")), "renew by refresh-1");
});

Deno.test("one at a time renews; who has waited gets the token that is on disk by then", async () => {
  using kept = await keeperOf(ENDED);
  const first = await kept.keeper.want("crm", undefined);
  assert.ok("renew" in first);
  assert.deepEqual([first.renew.clientSecret, first.renew.scope], ["s3cret", ""]);
  const second = kept.keeper.want("crm", undefined);
  const third = kept.keeper.want("crm", "old");
  assert.ok(await isOpen(Promise.race([second, third])));

  const token = { accessToken: "new", expiresInS: 3_600, refreshToken: "refresh-2" };
  assert.equal(told(await kept.keeper.keep("crm", token)), "new");
  assert.equal(told(await second), "new");
  assert.equal(told(await third), "new");
  assert.deepEqual((await kept.read()).refreshToken, "refresh-2");
});

Deno.test("a renewal that has failed is the next one's to try", async () => {
  using kept = await keeperOf(ENDED);
  await kept.keeper.want("crm", undefined);
  const second = kept.keeper.want("crm", undefined);
  assert.ok(await isOpen(second));
  kept.keeper.release("crm");
  assert.equal(told(await second), "renew by refresh-1");
});

Deno.test("a refresh token goes on where no new one comes, and what was authorised meanwhile stays", async () => {
  using kept = await keeperOf(ENDED);
  await kept.keeper.want("crm", undefined);
  await kept.keeper.keep("crm", { accessToken: "new" });
  assert.deepEqual(await kept.read(), { accessToken: "new", refreshToken: "refresh-1" });

  await kept.keeper.want("crm", "new");
  const anew: StoredTokens = { accessToken: "anew", refreshToken: "refresh-9" };
  saveSealedToken(kept.db, "crm", await sealTokens(place, "crm", anew), NOW);
  await kept.keeper.keep("crm", { accessToken: "late", refreshToken: "refresh-3" });
  assert.deepEqual(await kept.read(), anew);
});

Deno.test("no token is given before it is on disk, nor where it cannot be written", async () => {
  const written = Promise.withResolvers<void>();
  const commits: DurableCommits = { add: () => written.promise, addUnawaited: () => {} };
  using kept = await keeperOf(ENDED, { commits });
  await kept.keeper.want("crm", undefined);
  const keeping = kept.keeper.keep("crm", { accessToken: "new" });
  const second = kept.keeper.want("crm", undefined);
  assert.ok(await isOpen(Promise.race([keeping, second])));
  written.reject(new Error("disk full"));
  await assert.rejects(keeping, /disk full/);
  assert.equal(told(await second), "renew by refresh-1");
});

Deno.test("who cannot be given a token is told why, and nobody waits for a renewal that is none", async () => {
  const why = async (stored: StoredTokens | undefined, name = "crm") => {
    using kept = await keeperOf(stored);
    const both = [
      await kept.keeper.want(name, undefined),
      await kept.keeper.want(name, undefined),
    ].map(told);
    assert.equal(both[0], both[1]);
    return both[0] ?? "";
  };
  assert.match(await why(undefined), /it is not authorised$/);
  assert.match(
    await why({ accessToken: "old", renewAtMs: NOW_MS }),
    /its token has ended, and the service gave none to renew it with$/,
  );
  assert.match(await why(ENDED, "toString"), /"toString"\): spoor.yaml has no such service$/);
});

Deno.test("a fault that is nobody's mistake is no answer, and holds nobody up", async () => {
  let isBroken = true;
  const readVariable = (name: string) => {
    if (isBroken) throw new Error("out of memory");
    return VARIABLES[name];
  };
  using kept = await keeperOf(ENDED, { readVariable });
  await assert.rejects(kept.keeper.want("crm", undefined), /out of memory/);
  isBroken = false;
  assert.equal(told(await kept.keeper.want("crm", undefined)), "renew by refresh-1");
});

Deno.test("a token of a renewal that is none is not kept", async () => {
  using kept = await keeperOf(ENDED);
  assert.equal(told(await kept.keeper.keep("crm", { accessToken: "stray" })), "stray");
  assert.deepEqual(await kept.read(), ENDED);
});

Deno.test("a client without a secret needs none; one whose secret is not set is told", async () => {
  using kept = await keeperOf(undefined, {
    readVariable: (name) => name === "SPOOR_KEY" ? VARIABLES[name] : undefined,
  });
  for (const name of ["crm", "open"]) {
    saveSealedToken(kept.db, name, await sealTokens(place, name, ENDED), NOW);
  }
  assert.match(told(await kept.keeper.want("crm", undefined)), /CRM_SECRET is not set$/);
  assert.equal(told(await kept.keeper.want("open", undefined)), "renew by refresh-1");
});

Deno.test("a refusal for good is noted of the tokens that it was about, and told to plans alone", async () => {
  using kept = await keeperOf(ENDED);
  kept.keeper.noteRefusal("crm");
  assert.equal(loadRefusal(kept.db, "crm"), undefined, "nothing was renewed");
  await kept.keeper.want("crm", undefined);
  kept.keeper.noteRefusal("crm");
  kept.keeper.release("crm");
  assert.equal(loadRefusal(kept.db, "crm"), NOW);
  assert.equal(told(await kept.keeper.want("crm", undefined)), "renew by refresh-1");
  kept.keeper.release("crm");

  using plan = await keeperOf(ENDED, { isPlan: true, db: kept.db });
  assert.match(told(await plan.keeper.want("crm", undefined)), /refused to renew it on 2026-01-31/);
});

Deno.test("a plan notes no refusal", async () => {
  using plan = await keeperOf(ENDED, { isPlan: true });
  await plan.keeper.want("crm", undefined);
  plan.keeper.noteRefusal("crm");
  assert.equal(loadRefusal(plan.db, "crm"), undefined);
});

Deno.test("in practice nothing real is opened or stored, and none waits for another", async () => {
  using kept = await keeperOf(ENDED, { practice: true });
  const before = loadSealedToken(kept.db, "crm");
  for (let i = 0; i < 2; i++) {
    const answer = await kept.keeper.want("crm", undefined);
    assert.ok("renew" in answer);
    assert.deepEqual([answer.renew.clientSecret, answer.renew.refreshToken], ["", ""]);
  }
  await kept.keeper.keep("crm", { accessToken: "practice" });
  assert.deepEqual(loadSealedToken(kept.db, "crm"), before);
});

Deno.test("tokens are not read with another key, nor without one", async () => {
  const read = async (key: string | undefined) => {
    const readVariable = (name: string) => name === "SPOOR_KEY" ? key : VARIABLES[name];
    using kept = await keeperOf(ENDED, { readVariable });
    return told(await kept.keeper.want("crm", undefined));
  };
  assert.match(await read("cd".repeat(32)), /they were sealed with another key$/);
  assert.match(await read(undefined), /there is no key \(SPOOR_KEY is not set/);
});

/** A model's tokens, and what its worker is told. */
function tokensOf(keeper: TokenKeeper): { tokens: GuestTokens; told: ToEgress[] } {
  const tokens = new GuestTokens(keeper);
  const told: ToEgress[] = [];
  tokens.connect((message) => told.push(message));
  return { tokens, told };
}

const standIn = (n: number) => `spoor-oauth-${String(n).padStart(36, "0")}`;
const wanted = { type: "token_wanted", provider: "crm" } as const;

Deno.test("a model that ends waits until the renewal that it has begun is on disk", async () => {
  using kept = await keeperOf(ENDED);
  const { tokens, told } = tokensOf(kept.keeper);
  await tokens.end();
  await tokens.receive(wanted);
  const end = tokens.end();
  assert.ok(await isOpen(end));
  await tokens.receive({ type: "token_granted", provider: "crm", token: { accessToken: "new" } });
  assert.equal(await isOpen(end), false);
  assert.equal((await kept.read()).accessToken, "new");
  assert.equal(told.length, 2);
});

Deno.test("a model that ends begins no further renewal: its turn is the next one's", async () => {
  using kept = await keeperOf(ENDED);
  saveSealedToken(kept.db, "open", await sealTokens(place, "open", ENDED), NOW);
  const [busy, ending] = [tokensOf(kept.keeper), tokensOf(kept.keeper)];
  await busy.tokens.receive({ ...wanted, provider: "open" });
  await ending.tokens.receive(wanted);
  const turn = ending.tokens.receive({ ...wanted, provider: "open" });
  const end = ending.tokens.end();
  busy.tokens.dispose();
  await turn;

  assert.equal(ending.told.length, 1, "nothing was said of the second");
  assert.equal(told(await kept.keeper.want("open", undefined)), "renew by refresh-1");
  assert.ok(await isOpen(end), "the first is under way");
  ending.tokens.dispose();
  await end;
});

Deno.test("a worker that is gone gives back the turn that comes then", async () => {
  using kept = await keeperOf(ENDED);
  const [busy, gone] = [tokensOf(kept.keeper), tokensOf(kept.keeper)];
  await busy.tokens.receive(wanted);
  const turn = gone.tokens.receive(wanted);
  gone.tokens.dispose();
  busy.tokens.dispose();
  await turn;
  assert.deepEqual(gone.told, []);
  assert.equal(told(await kept.keeper.want("crm", undefined)), "renew by refresh-1");
});

Deno.test("a model speaks of no renewal but its own", async () => {
  using kept = await keeperOf(ENDED);
  const [renewing, other] = [tokensOf(kept.keeper).tokens, tokensOf(kept.keeper).tokens];
  await renewing.receive(wanted);
  await other.receive({ type: "token_refused", provider: "crm", isOver: true });
  assert.equal(loadRefusal(kept.db, "crm"), undefined);
  const waiting = kept.keeper.want("crm", undefined);
  other.dispose();
  assert.ok(await isOpen(waiting));
  await renewing.receive({ type: "token_refused", provider: "crm" });
  assert.equal(loadRefusal(kept.db, "crm"), undefined, "it was refused, and not for good");
  assert.equal(told(await waiting), "renew by refresh-1");
  kept.keeper.release("crm");

  await renewing.receive(wanted);
  await renewing.receive({ type: "token_refused", provider: "crm", isOver: true });
  assert.equal(loadRefusal(kept.db, "crm"), NOW);
});

Deno.test("a worker is told of all stand-ins, those from before it was there too", async () => {
  using kept = await keeperOf(ENDED);
  const tokens = new GuestTokens(kept.keeper);
  const told: ToEgress[] = [];
  tokens.register(standIn(1), { provider: "crm" });
  tokens.connect((message) => told.push(message));
  tokens.register(standIn(2), { provider: "crm" });
  assert.deepEqual(
    told.map((message) => message.type === "oauth" && message.standIn),
    [standIn(1), standIn(2)],
  );
});

Deno.test("what a guest registers is looked at as if it were forged", async () => {
  using kept = await keeperOf(ENDED);
  const { tokens, told } = tokensOf(kept.keeper);
  const client = {
    tokenUrl: "https://crm.test/token",
    clientId: "app",
    clientSecret: "",
    clientAuth: "body",
    scope: "",
    audience: "",
    refreshToken: "",
  } as const;
  const refused = (standIn: string, grant: unknown) =>
    assert.throws(() => tokens.register(standIn, grant as OAuthGrant), { name: "GuestError" });
  refused("spoor-secret-1", client);
  refused(`${standIn(1)} `, client);
  refused(standIn(1), null);
  refused(standIn(1), "crm");
  refused(standIn(1), { ...client, clientAuth: "none" });
  refused(standIn(1), { ...client, scope: 1 });
  refused(standIn(1), { provider: "x".repeat(20_001) });
  assert.deepEqual(told, []);
  tokens.register(standIn(1), { ...client, more: 1 } as OAuthGrant);
  assert.deepEqual(told, [{ type: "oauth", standIn: standIn(1), grant: client }]);
  for (let i = 1; i < 1_000; i++) {
    tokens.register(standIn(i), { ...client, clientAuth: "basic" });
  }
  refused(standIn(0), client);
});
