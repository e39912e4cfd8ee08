import type { KnownDifference } from '../model/known.js';
import type { Config } from './schema.js';

/** Every known difference of a configuration, expired ones included: `isExpired` of compare-rules tells them apart. */
export function toKnownDifferences(config: Config): readonly KnownDifference[] {
  return config.known.map((entry) => {
    const { cause, level, customer, currency, fingerprint, max_abs: maxAbs } = entry.match;
    return {
      id: entry.id,
      match: {
        ...(cause !== undefined && { cause }),
        ...(level !== undefined && { level }),
        ...(customer !== undefined && { customer }),
        ...(currency !== undefined && { currency }),
        ...(fingerprint !== undefined && { fingerprint }),
        ...(maxAbs !== undefined && { maxAbs }),
      },
      reason: entry.reason,
      owner: entry.owner,
      expires: entry.expires,
      maxAmount: entry.max_amount,
      isLegacyWrong: entry.legacy_is_wrong,
    };
  });
}
