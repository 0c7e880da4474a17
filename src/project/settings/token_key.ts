/**
 * The key that seals OAuth tokens: `SPOOR_KEY`, or else a file that only its owner can read.
 *
 * @module
 */
import { dirname } from "node:path";
import { writeToDisk } from "~/base/files/write_to_disk.ts";
import { messageOf } from "~/base/message_of.ts";
import { KEY_BYTES } from "~/base/secrets/sealed_text.ts";
import { UserError } from "~/base/user_error.ts";
import type { VariableLookup } from "./dotenv.ts";

/** The variable that holds the key: 32 bytes in base64 or hexadecimal digits. */
export const KEY_VARIABLE = "SPOOR_KEY";
/** Where the key lies when the variable is not set, from the project's root. */
export const KEY_FILE = ".spoor/key";

/** A new key, as `SPOOR_KEY` takes it. */
export function makeKeyText(): string {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64();
}

/**
 * Reads the key; `undefined` when there is none.
 *
 * @throws {UserError} It is no key, or others can read its file.
 */
export function readTokenKey(
  root: string,
  readVariable: VariableLookup,
): Uint8Array | undefined {
  const variable = readVariable(KEY_VARIABLE)?.trim();
  if (variable) return parseKey(variable, KEY_VARIABLE);
  const path = `${root}/${KEY_FILE}`;
  try {
    checkMode(path);
    return parseKey(Deno.readTextFileSync(path).trim(), KEY_FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read ${KEY_FILE}: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads the key, and makes the file where there is none. */
export function obtainTokenKey(root: string, readVariable: VariableLookup): Uint8Array {
  const known = readTokenKey(root, readVariable);
  if (known) return known;
  const path = `${root}/${KEY_FILE}`;
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    writeToDisk(path, `${makeKeyText()}\n`, { createNew: true, mode: 0o600 });
  } catch (error) {
    // Another process was faster: then its key is there.
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new UserError(`Cannot make ${KEY_FILE}: ${messageOf(error)}`, {
        hint: `Make the folder writable, or set ${KEY_VARIABLE} ("spoor auth --new-key").`,
        cause: error,
      });
    }
  }
  return readTokenKey(root, readVariable) ?? unreachable();
}

/** Windows has no such mode; there the folder's own rights hold. */
function checkMode(path: string): void {
  const { mode } = Deno.statSync(path);
  if (mode === null || Deno.build.os === "windows" || (mode & 0o077) === 0) return;
  throw new UserError(
    `Cannot use ${KEY_FILE}: others can read it (its mode is ${(mode & 0o777).toString(8)})`,
    { hint: `Run "chmod 600 ${path}".` },
  );
}

function parseKey(text: string, where: string): Uint8Array {
  const key = decode(text);
  if (key?.length === KEY_BYTES) return key;
  const state = key === undefined ? "it is neither base64 nor hexadecimal" : `${key.length} bytes`;
  throw new UserError(`Cannot use ${where}: it holds no key of ${KEY_BYTES} bytes (${state})`, {
    hint: `Run "spoor auth --new-key" for one that fits.`,
  });
}

function decode(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.fromHex(text);
  try {
    return Uint8Array.fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined; // No base64.
  }
}

function unreachable(): never {
  throw new Error(`${KEY_FILE} has gone in the moment it was made`);
}
