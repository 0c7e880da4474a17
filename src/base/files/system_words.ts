/**
 * What the system says of a file, as people read it.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";

/** `No such device (os error 6): readfile '.'` → `No such device`. */
export function withoutErrorNumber(message: string): string {
  return message.replace(/ \(os error \d+\).*$/s, "");
}

/** `Is a directory (os error 21): readfile '.'` → `it is a folder`. */
export function systemWords(error: unknown): string {
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is no folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "whoever runs Spoor may not read it";
  return withoutErrorNumber(messageOf(error));
}
