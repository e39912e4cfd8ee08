import { chargebeeExport } from './chargebee-export.js';
import { maxioExport } from './maxio-export.js';
import type { FilePreset } from './preset.js';
import { recurlyExport } from './recurly-export.js';
import { stripeDashboard } from './stripe-dashboard.js';
import { zuoraAqua } from './zuora-aqua.js';

export const filePresetNames = [
  'zuora_aqua',
  'stripe_dashboard',
  'chargebee_export',
  'recurly_export',
  'maxio_export',
] as const;
export type FilePresetName = (typeof filePresetNames)[number];

/** Every preset by its name; the compiler refuses a name without columns. */
export const filePresets: Readonly<Record<FilePresetName, FilePreset>> = {
  zuora_aqua: zuoraAqua,
  stripe_dashboard: stripeDashboard,
  chargebee_export: chargebeeExport,
  recurly_export: recurlyExport,
  maxio_export: maxioExport,
};
