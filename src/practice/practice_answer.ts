/**
 * An answer of the practice API, before it becomes HTTP.
 *
 * @module
 */

/** See the module's comment. */
export interface PracticeAnswer {
  status: number;
  /** JSON; empty where there is none. */
  body: string;
  /** Path of what was created. */
  location?: string | undefined;
  /** The `Link` header. */
  link?: string | undefined;
  /** The request came before; nothing was changed. */
  replayed?: boolean;
  retryAfterS?: number | undefined;
}

/** An answer that refuses, with words for whoever reads it. */
export function problem(status: number, message: string): PracticeAnswer {
  return { status, body: JSON.stringify({ error: { status, message } }) };
}

/** The answer as HTTP. */
export function toResponse(answer: PracticeAnswer, isHead: boolean): Response {
  const headers: [string, string][] = [["content-type", "application/json"]];
  if (answer.location !== undefined) headers.push(["location", answer.location]);
  if (answer.link !== undefined) headers.push(["link", answer.link]);
  if (answer.replayed) headers.push(["idempotent-replayed", "true"]);
  if (answer.retryAfterS !== undefined) headers.push(["retry-after", String(answer.retryAfterS)]);
  const hasBody = !isHead && answer.status !== 204;
  return new Response(hasBody ? answer.body : null, { status: answer.status, headers });
}
