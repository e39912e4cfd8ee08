import { fivetranRecurly } from './fivetran-recurly.js';
import { fivetranStripe } from './fivetran-stripe.js';
import { fivetranZuora } from './fivetran-zuora.js';
import { killbill } from './killbill.js';
import type { Preset } from './preset.js';

export const presetNames = ['killbill', 'fivetran_stripe', 'fivetran_recurly', 'fivetran_zuora'] as const;
export type PresetName = (typeof presetNames)[number];

/** Every preset by its name; the compiler refuses a name without queries. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  killbill,
  fivetran_stripe: fivetranStripe,
  fivetran_recurly: fivetranRecurly,
  fivetran_zuora: fivetranZuora,
};
