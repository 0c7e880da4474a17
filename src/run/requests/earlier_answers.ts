/**
 * What the far side has answered to requests of groups in their last try, for a plan.
 *
 * It counts where the model had gone on from these answers to a request that did not leave: a plan that assumes
 * others, as that what is there already can be created, never comes to that request, and none that is applied
 * lets it leave. A request that is another one now, of a model that was mended, say, was not answered yet.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { hideInText } from "~/base/secrets/hide_credentials.ts";
import { countedHeaders, withoutBoundary } from "~/plan/request_identity.ts";
import type { LastTry } from "~/run/deliver/group_requests.ts";
import type { AssumedAnswer, GuestRequest } from "~/sandbox/protocol.ts";
import { type RequestRow, requestsOf } from "~/store/changes/group_story.ts";
import { describeRequest, readAnswer } from "./request_text.ts";

/** Of one try: bodies are kept of fewer. */
const REQUESTS_READ = 100;

/** See the module's comment. */
export class EarlierAnswers {
  /** Of each change or batch that was asked for: its requests that were not asked for yet. */
  readonly #left = new Map<number, RequestRow[]>();
  readonly #findUnsent: StatementSync;

  /** @param mask Takes stand-ins of secrets out of texts. */
  constructor(
    private readonly db: DatabaseSync,
    private readonly mask: (text: string) => string,
  ) {
    this.#findUnsent = db.prepare(
      `SELECT 1 FROM "spoor.request_records" WHERE change_id = ? AND attempts = 0 LIMIT 1`,
    );
  }

  /** What a request was answered with; the same request again gets the next answer. */
  take({ subject, runId }: LastTry, request: GuestRequest): AssumedAnswer | undefined {
    const left = this.#left.get(subject) ?? this.#read(subject, runId);
    this.#left.set(subject, left);
    if (left.length === 0) return undefined;
    const url = withoutFragment(hideInText(this.mask(request.url)));
    const content = contentOf(describeRequest(request, this.mask));
    const index = left.findIndex((row) =>
      row.method === request.method && withoutFragment(row.url) === url &&
      row.request !== null && contentOf(row.request) === content
    );
    const [row] = index < 0 ? [] : left.splice(index, 1);
    return row && answerOf(row);
  }

  #read(subject: number, runId: number): RequestRow[] {
    // Of very many that failed, most have gone on to nothing.
    if (!this.#findUnsent.get(BigInt(subject))) return [];
    const rows = requestsOf(this.db, subject, runId, REQUESTS_READ);
    return rows.some(({ attempts }) => attempts === 0) ? rows : [];
  }
}

function answerOf({ status, response }: RequestRow): AssumedAnswer | undefined {
  const answer = status === null || response === null ? undefined : readAnswer(response);
  return answer && status !== null ? { status, ...answer } : undefined;
}

/** What of a recorded request tells it from others, beside its method and its address. */
function contentOf(json: string): string {
  const { headers, body }: { headers: Record<string, string>; body: string | null } = JSON.parse(
    json,
  );
  const pairs = Object.entries(headers);
  return JSON.stringify([countedHeaders(pairs), withoutBoundary(pairs)(body ?? "")]);
}

function withoutFragment(address: string): string {
  const url = URL.parse(address);
  if (!url) return address;
  url.hash = "";
  return url.href;
}
