"""The room that says how much care a change needs: change, sightings, findings in; risk out."""
