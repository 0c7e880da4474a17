/**
 * All kinds. The type makes the compiler tell which one is missing.
 *
 * @module
 */
import type { KindName } from "~/model/model.ts";
import type { Kind } from "./kind.ts";
import { tableKind } from "./table.ts";
import { trackedKind } from "./tracked.ts";
import { viewKind } from "./view.ts";

/** How each kind is run. */
export const KINDS: Readonly<Record<KindName, Kind>> = {
  table: tableKind,
  view: viewKind,
  tracked: trackedKind,
};
