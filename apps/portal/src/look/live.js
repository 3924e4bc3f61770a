// A record that is lent to this page: shown in words or as a picture while the lease stands, and gone from the page when it ends.
const place = document.getElementById('live');
if (place) {
  const [{ openRecord }, { tellResource }] = await Promise.all([
    import('/api/views/client.js'),
    import('/fhir-rows.js'),
  ]);
  const { record, purpose, language, zone, fields } = place.dataset;
  const shows = new Intl.DateTimeFormat(language === 'mi' ? 'mi' : 'en-NZ', {
    timeZone: zone,
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const made = [];

  const goDark = (why) => {
    for (const url of made.splice(0)) URL.revokeObjectURL(url);
    place.replaceChildren();
    place.hidden = true;
    const dark = document.getElementById('live-dark');
    for (const line of dark.querySelectorAll('[data-why]')) line.hidden = line.dataset.why !== why;
    dark.hidden = false;
  };

  const element = (name, text, lang) => {
    const one = document.createElement(name);
    if (text !== undefined) one.textContent = text;
    if (lang) one.lang = lang;
    return one;
  };

  const listOf = ({ rows, language: lang }) => {
    const list = element('dl');
    list.className = 'summary';
    for (const { name, value } of rows) {
      const row = element('div');
      row.append(element('dt', name), element('dd', value, lang));
      list.append(row);
    }
    return list;
  };

  const show = (media, pages) => {
    if (media.startsWith('image/')) {
      for (const bytes of pages) {
        const url = URL.createObjectURL(new Blob([bytes], { type: media }));
        made.push(url);
        const picture = element('img');
        picture.src = url;
        picture.alt = '';
        place.append(picture);
      }
      return;
    }
    const text = new TextDecoder().decode(pages[0]);
    if (!media.endsWith('json')) return void place.append(element('pre', text));
    const value = JSON.parse(text);
    const told = tellResource(value, JSON.parse(fields), { day: (at) => shows.format(at) });
    if (told) place.append(element('h2', told.title, told.language), listOf(told));
    else place.append(element('pre', JSON.stringify(value, null, 2)));
  };

  try {
    const opened = await openRecord({ record, purpose }, { fetch: fetch.bind(window), base: '', onDark: goDark });
    const pages = [];
    for (let page = 0; page < opened.pages; page++) pages.push(await opened.page(page));
    if (!opened.isDark) {
      place.replaceChildren();
      show(opened.media, pages);
      place.dataset.ready = '';
    }
    document.addEventListener('visibilitychange', () => opened.look());
    addEventListener('pagehide', () => void opened.close());
  } catch {
    if (!place.hidden) {
      place.hidden = true;
      document.getElementById('live-refused').hidden = false;
    }
  }
}
