import type { AlertBody, AlertMessage, Severity } from '../model/alert.js';
import type { Channel } from './channel.js';
import { Poster } from './post.js';
import { headline, repeatNote } from './words.js';

/** Slack's own limits: 50 blocks a message, 3000 characters a section. https://docs.slack.dev/reference/block-kit/blocks */
const mostShown = 15;
const mostCharacters = 2900;

/** Posts to an incoming webhook of Slack. Its address is a secret: whoever has it can write to the channel. */
export function slackChannel(options: { readonly id: string; readonly url: string }): Channel {
  const poster = new Poster();
  return {
    id: options.id,
    kind: 'slack',
    groups: true,
    recipients: () => [''],
    send: async (message, signal) => {
      await poster.post(options.url, { headers: {}, body: JSON.stringify(slackBody(message)), signal });
      return { reference: null };
    },
    close: () => poster.close(),
  };
}

const marks = {
  info: ':white_circle:',
  warning: ':large_orange_circle:',
  critical: ':red_circle:',
} as const satisfies Record<Severity, string>;

function slackBody(message: AlertMessage): object {
  const { alerts, isRepeat } = message;
  const rest = alerts.length - mostShown;
  const notes = [...(rest > 0 ? [`and ${rest} more: shadowbill alerts list`] : []), ...(isRepeat ? [repeatNote] : [])];
  return {
    text: escaped(headline(message)),
    blocks: [
      ...alerts
        .slice(0, mostShown)
        .flatMap((alert, index) => [
          ...(index === 0 ? [] : [{ type: 'divider' }]),
          { type: 'section', text: { type: 'mrkdwn', text: sectionText(alert) } },
          { type: 'context', elements: [{ type: 'mrkdwn', text: contextText(alert) }] },
        ]),
      ...notes.map((note) => ({ type: 'context', elements: [{ type: 'mrkdwn', text: escaped(note) }] })),
    ],
    unfurl_links: false,
  };
}

function sectionText(alert: AlertBody): string {
  const customers = alert.customers.length === 0 ? [] : [`customers: ${alert.customers.join(', ')}`];
  const body = [...alert.lines, ...customers].map(escaped).join('\n');
  const text = `${marks[alert.severity]} *${escaped(alert.title)}*\n${body}`;
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

function contextText({ severity, kind, id, link, runbook }: AlertBody): string {
  const links = [
    ...(link === null ? [] : [`<${link}|open>`]),
    ...(runbook === null ? [] : [`<${runbook}|what to do>`]),
  ];
  return [severity, kind, id, ...links].join('  ·  ');
}

/** https://docs.slack.dev/messaging/formatting-message-text: these three characters, and no others, have to be escaped. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
