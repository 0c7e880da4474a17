/**
 * The figures in the order in which they are measured: what is short first.
 *
 * @module
 */
import type { Figure } from "./figure.ts";
import { batchesFigure, deliveryFigure, stateSizeFigure } from "./figures/delivery.ts";
import { ingestFigure } from "./figures/ingest.ts";
import { memoryFigure } from "./figures/memory.ts";
import { firstModelsFigure, noOpModelsFigure } from "./figures/models.ts";
import { planFigure } from "./figures/plan.ts";
import { rateLimitFigure } from "./figures/rate_limit.ts";
import { recordsFigure } from "./figures/records.ts";
import { startFigure } from "./figures/start.ts";
import {
  firstSyncFigure,
  trackedChangedFigure,
  trackedUnchangedFigure,
} from "./figures/tracked.ts";
import { wholeWayFigure } from "./figures/whole_way.ts";

export const FIGURES: readonly Figure[] = [
  startFigure,
  noOpModelsFigure,
  recordsFigure,
  firstModelsFigure,
  ingestFigure,
  trackedUnchangedFigure,
  trackedChangedFigure,
  planFigure,
  rateLimitFigure,
  firstSyncFigure,
  deliveryFigure,
  batchesFigure,
  stateSizeFigure,
  wholeWayFigure,
  memoryFigure,
];
