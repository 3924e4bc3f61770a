// A record that is lent to this page: shown as pictures or in words while the lease stands, and gone from the page when it ends.
const place = document.getElementById('live');
if (place) {
  const [{ openRecord }, { element, showJson }] = await Promise.all([
    import('/api/views/client.js'),
    import('/shown.js'),
  ]);
  const { record, purpose, as, alt, file, missing } = place.dataset;
  const tools = document.getElementById('live-tools');
  const made = [];

  const goDark = (why) => {
    for (const url of made.splice(0)) URL.revokeObjectURL(url);
    place.replaceChildren();
    place.hidden = true;
    tools.hidden = true;
    const dark = document.getElementById('live-dark');
    for (const line of dark.querySelectorAll('[data-why]')) line.hidden = line.dataset.why !== why;
    dark.hidden = false;
  };

  const urlOf = (bytes, media) => {
    const url = URL.createObjectURL(new Blob([bytes], { type: media }));
    made.push(url);
    return url;
  };

  const showPicture = (bytes, media, [page, pages]) => {
    const picture = element('img');
    picture.src = urlOf(bytes, media);
    // Which page it is, and nothing of what is on it.
    picture.alt = alt.replace('{page}', page).replace('{pages}', pages);
    picture.draggable = false;
    place.append(picture);
  };

  const showText = (bytes, media) => {
    if (media.startsWith('image/')) return showPicture(bytes, media, [1, 1]);
    if (media === 'application/pdf') {
      const link = element('a', file);
      link.className = 'button main';
      link.href = urlOf(bytes, media);
      link.download = `${record}.pdf`;
      return place.append(link);
    }
    const text = new TextDecoder().decode(bytes);
    if (media.endsWith('json')) showJson(place, text, place.dataset);
    else place.append(element('pre', text));
  };

  /** The pages after the first are asked for as the reader comes near them. */
  const showRest = (opened) => {
    const end = element('p');
    let next = 1;
    const near = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && void more(), {
      rootMargin: '1200px',
    });
    const more = async () => {
      near.unobserve(end);
      try {
        const bytes = await opened.page(next);
        showPicture(bytes, opened.media, [++next, opened.pages]);
      } catch {
        if (!opened.isDark) end.textContent = missing;
        next = opened.pages;
      }
      if (opened.isDark) return;
      place.append(end);
      if (next < opened.pages) near.observe(end);
    };
    if (next < opened.pages) {
      place.append(end);
      near.observe(end);
    }
  };

  document.getElementById('live-larger')?.addEventListener('click', ({ currentTarget: button }) => {
    const isLarge = place.classList.toggle('large');
    button.setAttribute('aria-pressed', String(isLarge));
  });

  try {
    const opened = await openRecord({ record, purpose, as }, { fetch: fetch.bind(window), base: '', onDark: goDark });
    const first = await opened.page(0);
    if (!opened.isDark) {
      place.replaceChildren();
      if (as === 'pictures') {
        showPicture(first, opened.media, [1, opened.pages]);
        showRest(opened);
      } else showText(first, opened.media);
      tools.hidden = false;
      place.dataset.ready = '';
    }
    document.addEventListener('visibilitychange', () => opened.look());
    addEventListener('pagehide', () => void opened.close());
  } catch ({ code }) {
    if (!place.hidden) {
      place.hidden = true;
      document.getElementById('live-told').hidden = true;
      document.getElementById(code === 'RECORD_BLIND' ? 'live-locked' : 'live-refused').hidden = false;
    }
  }
}
