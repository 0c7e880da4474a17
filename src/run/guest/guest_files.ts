/**
 * A model's files: listed and read on the guest's behalf, within `@allow_read`.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { GuestMessage, HostMessage } from "~/sandbox/protocol.ts";
import type { FileState } from "~/store/file_states.ts";
import { assertGuest } from "./guest_error.ts";
import { cannotRead } from "./look_at.ts";
import { findMovedFiles, type ReadableFile, type ReadableFiles } from "./readable_files.ts";

const MAX_READ_BYTES = 16 * 2 ** 20;

/** See the module's comment. */
export class GuestFiles implements Disposable {
  /** Files that were listed, as they were then; remembered when the model succeeds. */
  readonly listed = new Map<string, ReadableFile>();
  /** Files that were listed and have not come to the model's turn: it left its loop before. */
  readonly left = new Set<string>();
  #taken = new Set<string>();
  #open = new Map<string, Deno.FsFile>();

  /** @param before Inbound `tracked` models get only files that are not as they were then. */
  constructor(
    private readonly files: ReadableFiles,
    private readonly before: ReadonlyMap<string, FileState> | undefined,
  ) {}

  list(id: number, pattern: string): HostMessage {
    assertGuest(typeof pattern === "string", "a file pattern that is none");
    const found = this.files.find(pattern);
    for (const file of found) this.listed.set(file.path, file);
    const files = this.#onlyMoved(found).map(({ path, sizeBytes, modifiedMs }) => ({
      path,
      sizeBytes,
      modified: new Date(modifiedMs).toISOString(),
    }));
    for (const { path } of files) if (!this.#taken.has(path)) this.left.add(path);
    return { type: "file_list", id, files };
  }

  take(path: string): void {
    assertGuest(typeof path === "string", "a path that is none");
    this.#taken.add(path);
    this.left.delete(path);
  }

  read({ id, path, offset, sizeBytes }: Extract<GuestMessage, { type: "read" }>): HostMessage {
    assertGuest(typeof path === "string", "a path that is none");
    assertGuest(Number.isSafeInteger(offset) && offset >= 0, "an offset that is none");
    assertGuest(
      Number.isSafeInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= MAX_READ_BYTES,
      "a size that is none",
    );
    try {
      const bytes = readFrom(this.#openFile(path), offset, sizeBytes);
      if (bytes.length < sizeBytes) this.#close(path);
      return { type: "bytes", id, bytes };
    } catch (error) {
      throw error instanceof UserError ? error : cannotRead(path, error);
    }
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#open.keys()]) this.#close(path);
  }

  #onlyMoved(found: readonly ReadableFile[]): readonly ReadableFile[] {
    if (!this.before) return found;
    const before = new Map(found.flatMap(({ path }) => {
      const state = this.before?.get(path);
      return state ? [[path, state] as const] : [];
    }));
    const moved = new Set(findMovedFiles(found, before));
    return found.filter(({ path }) => moved.has(path));
  }

  #openFile(path: string): Deno.FsFile {
    const known = this.#open.get(path);
    if (known) return known;
    const file = Deno.openSync(this.files.get(path).absolutePath);
    this.#open.set(path, file);
    return file;
  }

  #close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }
}

/** As many bytes as there are from a place on, up to so many. */
function readFrom(file: Deno.FsFile, offset: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
