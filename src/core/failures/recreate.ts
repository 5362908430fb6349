/** How to create a download again, as the end of a piece of advice: never with `all`, which would delete every download. */
export const recreateDownload =
  'delete this download and create it again: run this action with the ID of this video alone in `video-id`, first with `operation: delete`, then with `operation: create`.';
