/** Sets the colour scheme before the first paint; a file of its own because the content policy allows no inline script. */
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('cityward-colour-scheme');
  } catch {
    chosen = null;
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  document.documentElement.style.background = dark ? '#12161b' : '#f5f6f8';
})();
