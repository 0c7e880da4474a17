/**
 * Where a plan is applied, a request leaves only if the plan has it.
 *
 * @module
 */
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import { UserError } from "~/base/user_error.ts";
import { requestIdentity } from "~/plan/request_identity.ts";
import type { GroupRequests } from "~/run/deliver/group_requests.ts";
import { FIRST } from "~/run/deliver/idempotency_key.ts";
import type { GuestRequest } from "~/sandbox/protocol.ts";
import { withoutAnswer } from "./request_end.ts";
import { RequestRecord, type RequestRecordContext } from "./request_record.ts";

/** What the refusal needs from its run. */
export interface PlanGate extends RequestRecordContext {
  /** The model's name. */
  model: string;
  /** Whether a request is in the plan, and then takes it out. */
  isPlanned: (method: string, groups: readonly string[], identity: string) => boolean;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  stateOption: string;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** A request that the plan does not have was about to leave. */
export class NotPlanned extends UserError {}

/** How the record of such a request says so. */
const NOT_IN_PLAN = "not sent: it is not in the plan";

/**
 * Lets a request of the plan pass, once for each time that it stands there; nothing of it was written down yet.
 *
 * @param tracked Requests of the tracked query that its groups belong to, if the model has one.
 * @throws {NotPlanned} The plan does not have it.
 */
export function refuseUnplanned(
  gate: PlanGate,
  request: GuestRequest,
  tracked: GroupRequests | undefined,
): void {
  const { isPlanned, mask, model, stateOption } = gate;
  const groups = tracked?.openKeys(request.groups) ?? [];
  if (isPlanned(request.method, groups, requestIdentity(request, mask))) return;
  tracked?.notPlanned(request.groups);
  const subject = tracked?.outAs(request.groups);
  if (subject !== undefined) recordUnplanned(gate, request, subject);
  const isNextPlanned = subject !== undefined && !isSafeMethod(request.method);
  throw new NotPlanned(
    `Cannot ${request.method} ${
      mask(request.url).slice(0, 200)
    } for ${model}: it is not in the plan`,
    {
      hint: isNextPlanned
        ? `It was not sent. The next plan assumes what was answered, and has it: spoor plan -o plan.json${stateOption}`
        : `It was not sent. Where a new plan does not show it, send without one by spoor run${stateOption}`,
    },
  );
}

/**
 * What the model goes on to after an answer: by this the next plan of these groups knows that what was answered
 * leads there.
 */
function recordUnplanned(gate: PlanGate, request: GuestRequest, subject: number): void {
  const begun = { changes: [], place: FIRST, subject };
  // Its number tells apart those that are out, which it never is.
  new RequestRecord(gate, request, { number: 0, at: gate.now(), begun, idempotencyKey: "" })
    .end(withoutAnswer(0, { kind: "unsent", message: NOT_IN_PLAN }));
}
