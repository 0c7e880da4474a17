/**
 * Signatures that a model asked for by `hmac(secret, text)`, made where the secret is.
 *
 * `spoor-hmac.<stand-in>.<algorithm>.<encoding>.<text in base64url>.` stands for one: it consists of
 * characters that no encoding changes, and its last dot says where it ends.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import { HMAC_ALGORITHMS, HMAC_ENCODINGS, HMAC_SIGN } from "~/sandbox/protocol.ts";

type Algorithm = typeof HMAC_ALGORITHMS[number];
type Encoding = typeof HMAC_ENCODINGS[number];

/** A signature to make. */
export interface Signature {
  /** The secret's stand-in. */
  standIn: string;
  algorithm: Algorithm;
  encoding: Encoding;
  text: string;
}

const WHOLE = new RegExp(
  `^${HMAC_SIGN}\\.(.+)\\.(${HMAC_ALGORITHMS.join("|")})\\.(${
    HMAC_ENCODINGS.join("|")
  })\\.([\\w-]*)\\.$`,
);

/**
 * The text of a pattern that finds stand-ins of signatures, whole or damaged.
 *
 * @param standIns A pattern of the secrets' own.
 */
export function signaturePattern(standIns: string): string {
  return `${HMAC_SIGN}\\.(?:${standIns})(?:\\.\\w+\\.\\w+\\.[\\w-]*\\.)?`;
}

/** Whether what a pattern found stands for a signature, and not for a secret. */
export function isSignature(found: string): boolean {
  return found.startsWith(`${HMAC_SIGN}.`);
}

/**
 * Reads what stands for a signature.
 *
 * @throws {EgressFailure} It was cut or changed: sending it on would send the secret in it instead.
 */
export function readSignature(found: string): Signature {
  const [, standIn, algorithm, encoding, text] = WHOLE.exec(found) ?? [];
  if (standIn === undefined || text === undefined) {
    throw new EgressFailure("invalid", "Cannot sign: what hmac gave was cut or changed", {
      hint: "Put it into the request as it is; only the signature takes its place there.",
    });
  }
  return {
    standIn,
    algorithm: algorithm as Algorithm,
    encoding: encoding as Encoding,
    text: Buffer.from(text, "base64url").toString("utf8"),
  };
}

let crypto: typeof import("node:crypto") | undefined;

/** Thrown before anything is sent: after {@linkcode prepareSigning} it goes. */
export class SigningUnprepared extends Error {}

/** Loads what {@linkcode sign} needs: that takes 30 ms, and few models sign. */
export async function prepareSigning(): Promise<void> {
  crypto ??= await import("node:crypto");
}

/**
 * Makes the signature.
 *
 * @throws {SigningUnprepared} Nothing was signed before.
 */
export function sign({ algorithm, encoding }: Signature, text: string, secret: string): string {
  if (!crypto) throw new SigningUnprepared();
  return crypto.createHmac(algorithm, secret).update(text, "utf8").digest(encoding);
}
