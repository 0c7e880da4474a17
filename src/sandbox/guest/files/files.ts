/**
 * `files`: what a model sees of the files that `@allow_read` covers.
 *
 * @module
 */
import { concatBytes } from "~/base/lists/concat_bytes.ts";
import { messageOf } from "~/base/message_of.ts";
import type {
  CsvOptions,
  Items as PublicItems,
  ModelFile as PublicFile,
} from "~/sandbox/guest/api.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { atSite, modelError } from "~/sandbox/guest/host_error.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";
import { BlockIterator, collectAll } from "~/sandbox/guest/rows/block_iterator.ts";
import type { FileEntry } from "~/sandbox/protocol.ts";
import { readCsv } from "./csv_rows.ts";
import { readPieces, readText } from "./file_content.ts";

/** Makes `files` for one model. */
export function makeFiles(port: HostPort): (glob: string) => PublicItems<PublicFile> {
  return (glob) => {
    if (typeof glob !== "string") {
      throw modelError(`Cannot find files: the pattern is ${nameKind(glob)}, and not text`);
    }
    if (glob === "") throw modelError("Cannot find files: the pattern is empty");
    const site = new Error();
    return new Items(async function* () {
      const { files } = await port.call("file_list", { type: "files", pattern: glob })
        .catch((error) => {
          throw atSite(error, site);
        });
      for (const entry of files) {
        port.send({ type: "take", path: entry.path });
        yield [new ModelFile(port, entry)];
      }
    });
  };
}

/** Items that are made while they are read; every reading begins anew. */
export class Items<T> implements PublicItems<T> {
  #readBlocks: () => AsyncGenerator<readonly T[], void>;
  #array: Promise<T[]> | undefined;

  constructor(readBlocks: () => AsyncGenerator<readonly T[], void>) {
    this.#readBlocks = readBlocks;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const blocks = this.#readBlocks();
    return new BlockIterator({
      nextBlock: async () => (await blocks.next()).value ?? undefined,
      onEnd: () => void blocks.return(),
    });
  }

  then<A = T[], B = never>(
    onItems?: ((items: T[]) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#array ??= collectAll(this);
    return this.#array.then(onItems, onError);
  }
}

/** See `ModelFile` in `api.ts`. */
export class ModelFile implements PublicFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly modified: Date;
  #port: HostPort;

  constructor(port: HostPort, entry: FileEntry) {
    this.#port = port;
    this.path = entry.path;
    this.name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
    this.size = entry.sizeBytes;
    this.modified = new Date(entry.modified);
  }

  async bytes(): Promise<Uint8Array> {
    return concatBytes(await collectAll(readPieces(this.#port, this.path)));
  }

  async text(): Promise<string> {
    return (await collectAll(this.#text())).join("");
  }

  // deno-lint-ignore no-explicit-any -- as `JSON.parse` has it
  async json(): Promise<any> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      const reason = messageOf(error);
      throw modelError(`Cannot read ${this.path} as JSON: ${reason}`, { at: { path: this.path } });
    }
  }

  lines(): PublicItems<string> {
    return new Items(() => splitLines(this.#text()));
  }

  csv<T = Record<string, string>>(options?: CsvOptions): PublicItems<T> {
    return new Items(() => readCsv(this.#text(), this.path, options)) as unknown as PublicItems<T>;
  }

  #text(): AsyncGenerator<string, void> {
    return readText(readPieces(this.#port, this.path), this.path);
  }
}

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string[], void> {
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map(withoutReturn);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
