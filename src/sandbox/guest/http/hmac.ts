/**
 * `hmac`: stands for a signature that only the egress worker can make, since only it has the secret.
 *
 * The stand-in names the secret's own stand-in, how to sign, and what: see
 * `src/sandbox/egress/secrets/signatures.ts`, which replaces it. No encoding of URLs, forms or JSON changes it.
 *
 * @module
 */
import type { HmacOptions } from "~/sandbox/guest/api.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError, refusal } from "~/sandbox/guest/host_error.ts";
import { type GuestStart, HMAC_ALGORITHMS, HMAC_ENCODINGS, HMAC_SIGN } from "~/sandbox/protocol.ts";

/** Makes the stand-in of a signature. */
export function hmac(
  start: GuestStart,
  standIn: unknown,
  text: unknown,
  { algorithm = "sha256", encoding = "hex" }: HmacOptions = {},
): string {
  if (typeof standIn !== "string" || !Object.values(start.secrets).includes(standIn)) {
    throw refusal(
      "Cannot sign: the first argument of hmac is not a secret of this model",
      `Write hmac(secret("NAME"), text), and list NAME in @secrets.`,
    );
  }
  if (typeof text !== "string") {
    throw modelError(`Cannot sign: hmac takes a text, and was given ${nameKind(text)}`, {
      hint: "Sign the very text that is sent: const body = JSON.stringify(…).",
    });
  }
  expectOneOf("algorithm", algorithm, HMAC_ALGORITHMS);
  expectOneOf("encoding", encoding, HMAC_ENCODINGS);
  const encoded = new TextEncoder().encode(text).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  return `${HMAC_SIGN}.${standIn}.${algorithm}.${encoding}.${encoded}.`;
}

/** Takes the stand-ins of signatures out of a text that is shown. */
export function maskHmacs(text: string, secrets: GuestStart["secrets"]): string {
  let masked = text;
  for (const [name, standIn] of Object.entries(secrets)) {
    const pattern = `${HMAC_SIGN}\\.${RegExp.escape(standIn)}\\.\\w+\\.\\w+\\.[\\w-]*\\.`;
    masked = masked.replace(new RegExp(pattern, "g"), `[hmac of ${name}]`);
  }
  return masked;
}

function expectOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  throw modelError(`Cannot sign with the ${option} ${JSON.stringify(value)}`, {
    hint: `hmac knows ${known.map((each) => `"${each}"`).join(", ")}.`,
  });
}
