/** Providers around the router, and what happens when a session ends. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { LanguageProvider } from '~/i18n'
import { ToastProvider } from '~/ui/toast'
import { queryClient, router } from './router'
import { ThemeProvider } from './theme'

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <LanguageProvider>
        <ThemeProvider>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </ThemeProvider>
      </LanguageProvider>
    </QueryClientProvider>
  )
}
