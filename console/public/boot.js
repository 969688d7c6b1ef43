/* Sets theme and language before the first paint. A file, since the content security policy allows no inline script. */
;(() => {
  const root = document.documentElement
  let theme = 'system'
  let lang = ''
  try {
    theme = localStorage.getItem('gyre.theme') || 'system'
    lang = localStorage.getItem('gyre.lang') || ''
  } catch {
    // Storage may be blocked; the defaults stand.
  }
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.lang = (lang || navigator.language || 'en').slice(0, 2) === 'ko' ? 'ko' : 'en'
  // Hangul is asked for before the page has any text; only a built page knows where it is.
  const hangul = document.querySelector('meta[name="gyre-hangul"]')
  if (root.lang === 'ko' && hangul) {
    const link = document.createElement('link')
    Object.assign(link, {
      rel: 'preload',
      as: 'font',
      type: 'font/woff2',
      crossOrigin: '',
      href: hangul.content,
    })
    document.head.append(link)
  }
})()
