/**
 * How one run marks that its project sends, so that a state file that does not know of it is told.
 *
 * @module
 */
import type { RunCommits } from "~/store/commits/group_commit.ts";
import { markAsSent, noteSendingRun, type SendingRun } from "~/store/file/sent_mark.ts";

/** See the module's comment. */
export class SendingNote {
  #isSending = false;

  /** @param path The state file. */
  constructor(
    private readonly path: string,
    private readonly commits: RunCommits,
    private readonly run: SendingRun,
  ) {}

  /** Marks at once that the project sends, and by which run as soon as that is on the disk. */
  begin(): void {
    markAsSent(this.path);
    if (this.#isSending) return;
    this.#isSending = true;
    // What cannot be written fails where the model waits for it.
    this.commits.settled().then(() => noteSendingRun(this.path, this.run), () => {});
  }

  /** Marks when it has ended. Call when that is written. */
  async end(endedAt: string): Promise<void> {
    if (!this.#isSending) return;
    try {
      await this.commits.settled();
    } catch {
      // A full disk does not make a run fail that has sent all: the mark is as it was when the run began.
      return;
    }
    noteSendingRun(this.path, { ...this.run, endedAt });
  }
}
