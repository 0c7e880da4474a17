/**
 * A request or an answer as the record keeps it.
 *
 * @module
 */
import { MASK } from "~/base/secrets/mask.ts";
import { HMAC_SIGN } from "~/sandbox/protocol.ts";

/** Its headers, and its body if it has one that is text. */
export interface RecordedMessage {
  headers: Record<string, unknown>;
  body: string | null;
}

/** What stood for a signature where the model wrote it, its secret masked; the end may be cut off. */
const SIGNATURE = new RegExp(
  `${HMAC_SIGN}\\.${RegExp.escape(MASK)}\\.(\\w+)\\.(\\w+)\\.[\\w-]*\\.?`,
  "g",
);

/** Reads one. The record has no signatures, and what it has instead is called by its name. */
export function readMessage(json: string | null): RecordedMessage {
  if (json === null) return { headers: {}, body: null };
  const { headers, body }: RecordedMessage = JSON.parse(json);
  return {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, named(String(value))]),
    ),
    body: body === null ? null : named(body),
  };
}

function named(text: string): string {
  return text.replace(
    SIGNATURE,
    (_, algorithm: string, encoding: string) => `<hmac, ${algorithm} as ${encoding}>`,
  );
}
