import { recreateDownload } from './recreate.ts';
import type { FailureFacts } from './table.ts';

/** What can go wrong while the file of one download is received from the delivery host. */
export const deliveryFailures = {
  'no-download': {
    title: 'There is no download to save',
    advice:
      'Set `operation: create`, and keep the other inputs: the action then creates the download, waits for it and saves it.',
  },
  'unsafe-url': {
    title: 'The download URL leads to a forbidden address',
    advice:
      'The action did not open it: it is not https, or it leads to this machine or its own network. Cloudflare sends no such URLs, so something else may answer in its place. Check `api-url`, and the DNS of this machine.',
  },
  'delivery-refused': {
    title: 'The delivery host refused the file',
    advice:
      'Check the settings of the video in the Cloudflare dashboard (require signed URLs, allowed origins), and whether a rule of yours or of your network limits who may fetch it. The download itself is ready.',
  },
  'delivery-redirected': {
    title: 'The delivery host redirected the request',
    advice:
      'Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out.',
  },
  'delivery-error': {
    title: 'The delivery host failed to handle the request',
    advice: 'Look at cloudflarestatus.com and run this step again later. The download itself is ready.',
  },
  'delivery-unreachable': {
    title: 'The delivery host could not be reached',
    advice:
      'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later: the download stays ready.',
  },
  'file-missing': {
    title: 'The delivery host does not have the file',
    advice: `Cloudflare reports the download as ready, but its file is missing. If this persists, ${recreateDownload}`,
  },
  'file-failed': {
    title: 'The delivery host cannot deliver the file',
    advice:
      'Look at the video in the Cloudflare dashboard. If its state is `error`, fix the source file and upload it again; creating the download again does not help. Otherwise run this step again later.',
  },
  'file-incomplete': {
    title: 'The file was not received completely',
    advice:
      'Nothing was saved. Run this step again: the download stays ready. If this persists, something between this runner and Cloudflare closes connections, such as a proxy or a firewall, or `timeout` is too short.',
  },
  'not-media': {
    title: 'The response is not the file',
    advice: `Nothing was saved. Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out. Otherwise ${recreateDownload}`,
  },
} as const satisfies Record<string, FailureFacts>;
