import type { AlertMessage } from '../model/alert.js';

/** One way to reach people or programs. Class-like: it may hold connections, which `close` ends. */
export type Channel = {
  /** As the configuration names it. */
  readonly id: string;
  readonly kind: 'webhook' | 'slack' | 'email';
  /** Whether alerts that are due at the same time go out as one message: yes for people, no for programs. */
  readonly groups: boolean;
  /** Who gets an alert of these owners: addresses for e-mail, one empty text for the others. */
  recipients(owners: readonly string[]): readonly string[];
  /**
   * Sends one message and answers what the receiver called it, if it says. Throws AppError `notification_failed` when trying
   * again can help, with the wait that the receiver asked for, and `notification_refused` when it cannot.
   */
  send(message: AlertMessage, signal: AbortSignal): Promise<{ readonly reference: string | null }>;
  close(): Promise<void>;
};
