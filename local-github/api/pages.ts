/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `Link` header; undefined when there is only one page. */
  readonly link: string | undefined;
}

/**
 * Returns the page of a list that a query selects: 30 items by default, 100 at most.
 * Follows https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 *
 * @param url the URL of the list, without a query
 */
export function pageOf<Item>(all: readonly Item[], query: URLSearchParams, url: string): Page<Item> {
  const size = Math.min(positiveInteger(query.get('per_page')) ?? 30, 100);
  const number = positiveInteger(query.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(all.length / size));

  const links: string[] = [];
  const add = (rel: string, page: number) => {
    const linkQuery = new URLSearchParams(query);
    linkQuery.set('page', String(page));
    links.push(`<${url}?${linkQuery}>; rel="${rel}"`);
  };
  if (number > 1) add('prev', Math.min(number - 1, last));
  if (number < last) {
    add('next', number + 1);
    add('last', last);
  }
  if (number > 1) add('first', 1);
  return {
    items: all.slice((number - 1) * size, number * size),
    link: links.length > 0 ? links.join(', ') : undefined,
  };
}

/** Parses an integer of at least 1; anything else is ignored. */
function positiveInteger(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}
