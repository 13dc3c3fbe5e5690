import '@perezvon/ui/fonts.css'
import '@perezvon/ui/tokens.css'
import '@perezvon/ui/base.css'
import { theme } from '@perezvon/ui'
import { mount } from 'svelte'
import App from './App.svelte'

theme.apply()
const target = document.getElementById('app')
if (target) mount(App, { target })
