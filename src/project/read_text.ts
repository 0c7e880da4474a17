/**
 * Reads files of the project as text, and refuses what is none.
 *
 * @module
 */
import { systemWords } from "~/base/files/system_words.ts";
import { UserError } from "~/base/user_error.ts";

/**
 * Reads a UTF-8 file; a byte order mark is taken off.
 *
 * @param root The project, absolute.
 * @param path Relative to `root`, with `/`.
 * @throws {UserError} The file cannot be read or is not UTF-8.
 */
export function readText(root: string, path: string): string {
  const text = readFile(root, path);
  // Deno puts U+FFFD where bytes are not UTF-8; only a text that has one is worth a second look.
  if (text.includes("\uFFFD")) refuseBrokenUtf8(root, path);
  const nul = text.indexOf("\0");
  if (nul !== -1) {
    const line = text.slice(0, nul).split("\n").length;
    throw new UserError("Cannot read the file: it holds bytes that are not text", {
      at: { path, line },
      hint: "Save the file as UTF-8 text.",
    });
  }
  return text.charCodeAt(0) === 0xFEFF ? text.slice(1) : text;
}

function readFile(root: string, path: string): string {
  try {
    return Deno.readTextFileSync(`${root}/${path}`);
  } catch (cause) {
    throw unreadable("file", path, cause);
  }
}

/** Explains why a file or folder cannot be read. */
export function unreadable(what: "file" | "folder", path: string, cause: unknown): UserError {
  const state = cause instanceof Deno.errors.NotFound
    ? "it does not exist"
    : cause instanceof Deno.errors.PermissionDenied
    ? "permission was denied"
    : systemWords(cause);
  return new UserError(`Cannot read the ${what}: ${state}`, {
    at: { path },
    hint: `Check that the ${what} is there and that you may read it.`,
    cause,
  });
}

function refuseBrokenUtf8(root: string, path: string): void {
  const bytes = Deno.readFileSync(`${root}/${path}`);
  if (isUtf8(bytes)) return;
  const isUtf16 = (bytes[0] === 0xFF && bytes[1] === 0xFE) ||
    (bytes[0] === 0xFE && bytes[1] === 0xFF);
  throw new UserError(`Cannot read the file: it is ${isUtf16 ? "UTF-16" : "not UTF-8"}`, {
    at: { path, line: isUtf16 ? 1 : firstBrokenLine(bytes) },
    hint: "Save the file as UTF-8.",
  });
}

/** A line feed is never part of a longer UTF-8 sequence, so that lines can be tried one by one. */
function firstBrokenLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1;; line++) {
    const end = bytes.indexOf(0x0A, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    // The decoder throws for nothing else than bytes that are not UTF-8.
    return false;
  }
}
