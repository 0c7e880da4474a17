/**
 * A model's requests while a plan is made: what is assumed to be answered, and what the plan shows of them.
 *
 * @module
 */
import { LetThrough } from "~/plan/let_through.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import { requestIdentity } from "~/plan/request_identity.ts";
import type { GroupRequests } from "~/run/deliver/group_requests.ts";
import {
  type AssumedAnswer,
  type EgressResponse,
  type GuestRequest,
  type RecordedRequest,
  UNKNOWN_UNSENT,
} from "~/sandbox/protocol.ts";
import type { EarlierAnswers } from "./earlier_answers.ts";

/** See the module's comment. */
export class RequestPlanning {
  readonly #letThrough = new LetThrough<EgressResponse>();

  /**
   * @param earlierAnswers What a request is assumed to be answered with, where that is no plain success. Absent: of a
   * source, whose requests are sent.
   * @param mask Takes stand-ins of secrets out of texts.
   */
  constructor(
    private readonly plan: ModelPlan,
    private readonly earlierAnswers: EarlierAnswers | undefined,
    private readonly mask: (text: string) => string,
  ) {}

  /** Whether the plan lists requests about these groups; else they are only counted. */
  shows(groups: readonly number[]): boolean {
    return this.plan.shows(groups);
  }

  /** What the far side has answered to a write in the last try of its groups; it takes the answer. */
  takeEarlierAnswer(
    request: GuestRequest,
    tracked: GroupRequests | undefined,
  ): AssumedAnswer | undefined {
    const tried = this.earlierAnswers && tracked?.lastTry(request.groups);
    return tried && this.earlierAnswers?.take(tried, request);
  }

  /** The answer of a request that is only counted, where it needs no worker to tell whether it may go. */
  answerUnshown(request: GuestRequest): EgressResponse | undefined {
    return this.#letThrough.answer(request);
  }

  /**
   * A request has come back from the worker, or needed none.
   *
   * @param recorded What would have been sent; absent where it is only counted.
   * @param assumed What it was answered with, where an earlier try says it.
   */
  note(
    request: GuestRequest,
    response: EgressResponse,
    recorded: RecordedRequest | undefined,
    assumed: AssumedAnswer | undefined,
  ): void {
    const { error, attempts } = response;
    const { groups } = request;
    const isRecorded = this.earlierAnswers !== undefined && error === undefined;
    if (isRecorded) {
      if (!assumed) this.#letThrough.note(request, response);
      const identity = recorded && requestIdentity(request, this.mask);
      this.plan.requested(
        groups,
        recorded && identity !== undefined ? { ...recorded, identity } : undefined,
        assumed?.status,
      );
    } else if (error?.kind === "unsent" && error.message.startsWith(UNKNOWN_UNSENT)) {
      this.plan.asked(groups, error.message);
    } else if (attempts > 0) this.plan.readSent();
  }
}
