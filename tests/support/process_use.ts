/**
 * What a process uses, seen from outside. Linux only: `/proc` tells without a helper program.
 *
 * @module
 */

/** Memory that a process holds now; 0 when it is gone or this system does not tell. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
}

/** Processor time that a process has used so far, in clock ticks of 10 ms. */
export async function processorTicks(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Watches how large a process grows, and kills it when it would take the machine with it. */
export function watchMemory(
  pid: number,
  deadlyMb: number,
): Disposable & { readonly peakMb: number } {
  let peakMb = 0;
  const timer = setInterval(async () => {
    peakMb = Math.max(peakMb, await residentMb(pid));
    if (peakMb < deadlyMb) return;
    clearInterval(timer);
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself since it was measured.
    }
  }, 50);
  return {
    get peakMb() {
      return peakMb;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The processes that a process has started and that are still there. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for await (const thread of Deno.readDir(`/proc/${pid}/task`)) {
    const text = await Deno.readTextFile(`/proc/${pid}/task/${thread.name}/children`);
    children.push(...text.trim().split(" ").filter((each) => each !== "").map(Number));
  }
  return children;
}

/** Whether a process runs; one that has ended and waits to be collected does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return status !== "" && !/^State:\s+Z/m.test(status);
}
