/** End-to-end tests against a running `gyre demo`: GYRE_URL, GYRE_EMAIL and GYRE_PASSWORD say where and as whom. */
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'e2e',
  timeout: 300_000,
  expect: { timeout: 20_000 },
  // One after another: the tests share one workspace and few cores.
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: process.env.GYRE_URL ?? 'http://127.0.0.1:8080',
    viewport: { width: 1440, height: 900 },
    timezoneId: 'Europe/London',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    },
  },
})
