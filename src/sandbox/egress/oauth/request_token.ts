/**
 * Gets an access token from a token endpoint (RFC 6749, sections 4.4 and 6).
 *
 * This is no request of the model's: it has no `Idempotency-Key`, is not counted, and no redirect is
 * followed, because it carries the client's secret. Its host must be in `@allow_net` all the same.
 *
 * @module
 */
import {
  encodeTokenRequest,
  formEncode,
  type GrantedToken,
  isPassing,
  readTokenAnswer,
  type TokenRefusal,
} from "~/base/http/oauth.ts";
import { retryDelayMs } from "~/base/time/retry_delay.ts";
import { EgressFailure, type Wording } from "~/sandbox/egress/egress_failure.ts";
import { type OutgoingRequest, prepareRequest } from "~/sandbox/egress/prepare_request.ts";
import type { SecretMask } from "~/base/secrets/secret_mask.ts";
import { prepareSigning } from "~/sandbox/egress/secrets/signatures.ts";
import type { StandIns } from "~/sandbox/egress/secrets/stand_ins.ts";
import { retryAfterOf } from "~/sandbox/egress/send/retry_after_of.ts";
import { sendOnce } from "~/sandbox/egress/send/send_once.ts";
import type { Outlet } from "~/sandbox/egress/send/send_with_retries.ts";
import type { OAuthClient } from "~/sandbox/protocol.ts";

/** What a token request needs from its worker. */
export interface TokenOutlet {
  outlet: Outlet;
  standIns: StandIns;
  mask: SecretMask;
}

const TIMEOUT_MS = 30_000;
const RETRY_POLICY = { firstDelayMs: 500, maxDelayMs: 10_000, maxAttempts: 4 };
/** A service that asks for more is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Gets a token; what may pass is tried again. In practice one is made up, and nothing is sent.
 *
 * @param authCommand Authorises it anew, where it is a service of `spoor.yaml`.
 * @throws {EgressFailure} Of kind `denied` when the service refuses for good, of kind `down` when it does
 * not work: then the model ends.
 */
export async function requestToken(
  client: OAuthClient,
  from: TokenOutlet,
  authCommand?: string,
): Promise<GrantedToken> {
  await prepareSigning();
  const request = prepareTokenRequest(client, from);
  if (from.outlet.practiceOrigin !== undefined) {
    return { accessToken: `practice-token-${crypto.randomUUID()}` };
  }
  for (let tries = 1;; tries++) {
    const ended = await attempt(request, from);
    if (!(ended instanceof EgressFailure) && "token" in ended) return ended.token;
    const failure = ended instanceof EgressFailure
      ? explainFailure(request, ended)
      : explainRefusal(request, ended.refusal, client, authCommand);
    if (!failure.retryable) throw failure;
    const retryAfterMs = ended instanceof EgressFailure ? undefined : ended.retryAfterMs;
    const delayMs = retryDelayMs(tries, RETRY_POLICY, from.outlet.random, retryAfterMs);
    if (delayMs === undefined || (retryAfterMs ?? 0) > LONGEST_RETRY_AFTER_MS) {
      // Without a token nothing gets in: each group would ask for one again, in vain.
      from.outlet.pacer.close(failure.wording);
      throw from.outlet.pacer.down ?? failure;
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

/**
 * Makes such a request, and sends it to nobody.
 *
 * @throws {EgressFailure} None can be made: the model may not reach the address, say.
 */
export async function checkTokenRequest(client: OAuthClient, from: TokenOutlet): Promise<void> {
  await prepareSigning();
  prepareTokenRequest(client, from);
}

function prepareTokenRequest(
  client: OAuthClient,
  from: TokenOutlet,
): OutgoingRequest {
  const { standIns, mask } = from;
  const signatures = new Set<string>();
  const real = (text: string) => standIns.replace(text, signatures);
  const clientSecret = real(client.clientSecret);
  const refreshToken = real(client.refreshToken);
  for (const text of [clientSecret, formEncode(clientSecret), refreshToken]) mask.add(text);
  const form = encodeTokenRequest(
    { clientId: real(client.clientId), clientSecret, clientAuth: client.clientAuth },
    {
      grant_type: refreshToken === "" ? "client_credentials" : "refresh_token",
      refresh_token: refreshToken,
      scope: real(client.scope),
      audience: real(client.audience),
    },
  );
  for (const text of signatures) mask.add(text);
  const asked = {
    method: "POST",
    url: client.tokenUrl,
    idempotencyKey: "",
    ...form,
    // No tries of its own: then it goes out on a connection of its own, once each try.
    timeoutMs: TIMEOUT_MS,
    retries: 0,
  };
  return { ...prepare(asked, from), followsRedirects: false };
}

/** What no request can be made of is the model's mistake, and not one of a single request. */
function prepare(
  asked: Parameters<typeof prepareRequest>[0],
  { standIns, outlet }: TokenOutlet,
): OutgoingRequest {
  try {
    return prepareRequest(asked, standIns, outlet.allowedHosts);
  } catch (error) {
    const failure = EgressFailure.from(error);
    if (failure.kind === "denied") throw failure;
    const message: Wording = (shown) => `Cannot get a token: ${lowerFirst(failure.wording(shown))}`;
    throw new EgressFailure("denied", message, { hint: failure.hint });
  }
}

type Ended =
  | EgressFailure
  | { token: GrantedToken }
  | { refusal: TokenRefusal; retryAfterMs: number | undefined };

async function attempt(
  request: OutgoingRequest,
  { outlet, mask }: TokenOutlet,
): Promise<Ended> {
  try {
    // Many wait for it: none of them can abort it.
    const answer = await sendOnce(request, outlet, new AbortController().signal);
    const read = readTokenAnswer(answer.status, answer.body, (text) => mask.text(text));
    return "token" in read ? read : { ...read, retryAfterMs: retryAfterOf(answer) };
  } catch (error) {
    return EgressFailure.from(error);
  }
}

function cannot({ url }: OutgoingRequest, state: string): string {
  return `Cannot get a token from "${url.origin}${url.pathname}": ${state}`;
}

/** There was no answer. The model's own request was not sent. */
function explainFailure(request: OutgoingRequest, failure: EgressFailure): EgressFailure {
  if (failure.kind === "denied" || failure.kind === "invalid") return failure;
  const { hint, retryable } = failure;
  const message: Wording = (shown) => cannot(request, lowerFirst(failure.wording(shown)));
  return new EgressFailure("unsent", message, { hint, retryable });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function explainRefusal(
  request: OutgoingRequest,
  refusal: TokenRefusal,
  client: OAuthClient,
  authCommand: string | undefined,
): EgressFailure {
  const retryable = isPassing(refusal);
  return new EgressFailure(retryable ? "unsent" : "denied", cannot(request, refusal.state), {
    hint: retryable
      ? "The service may be overloaded: run again later."
      : hintFor(refusal, client, authCommand),
    retryable,
    endsAuthorisation: refusal.code === "invalid_grant",
  });
}

function hintFor(
  { code, status }: TokenRefusal,
  { refreshToken, clientAuth }: OAuthClient,
  authCommand: string | undefined,
): string {
  if (status >= 300 && status < 400) return "Give the address that answers by itself.";
  if (code === "invalid_grant" && authCommand !== undefined) {
    return `The authorisation has ended or was revoked: run "${authCommand}" to renew it.`;
  }
  if (code === "invalid_grant" && refreshToken !== "") {
    return "The refresh token has ended or was revoked. Where a service gives a new one each time, " +
      `name it under "auth:" in spoor.yaml, so that Spoor keeps them: see "spoor auth --help".`;
  }
  if (code === "invalid_scope") return "See which scopes the service has given to this client.";
  const option = authCommand === undefined ? "clientAuth" : "client_auth";
  const [place, value] = clientAuth === "basic"
    ? ["in the body", "body"]
    : ["as a Basic header", "basic"];
  return "See whether the client's id and secret are right; where the service wants them " +
    `${place}, set ${option}: "${value}".`;
}
